using System.Collections.Concurrent;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Writes the CUDA source of a kernel plan: a configuration and an entry point around the headers in mc/.</summary>
public static class KernelRenderer
{
    private static readonly ConcurrentDictionary<string, TextTemplate> s_templates = new();

    /// <summary>Renders a kernel. Deterministic: equal plans give equal text.</summary>
    public static RenderedKernel Render(KernelPlan kernel)
    {
        KernelView view = kernel switch
        {
            GemmKernel gemm => new GemmView(gemm),
            ResidentGemmKernel gemm => new ResidentGemmView(gemm),
            SplitGemmKernel gemm => new SplitGemmView(gemm),
            SplitKGemmKernel gemm => new SplitKGemmView(gemm),
            WgmmaGemmKernel gemm => new WgmmaGemmView(gemm),
            SparseGemmKernel gemm => new SparseGemmView(gemm),
            AttentionKernel attention => new AttentionView(attention),
            HopperAttentionKernel attention => new HopperAttentionView(attention),
            QkvAttentionKernel fused => new QkvAttentionView(fused),
            FewQkvAttentionKernel fused => new FewQkvAttentionView(fused),
            RowsKernel rows => new RowsView(rows),
            EmbeddingKernel embedding => new EmbeddingView(embedding),
            PoolKernel pool => new PoolView(pool),
            DenseKernel dense => new DenseView(dense),
            _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "Unknown kind of kernel."),
        };
        string source = s_templates.GetOrAdd(kernel.TemplateName, Template).Render(view);
        return new(kernel.Name, kernel.Arch, source, ContentHash.Of(source));
    }

    /// <summary>Resource of the template of a kind of kernels.</summary>
    internal static string TemplateResource(string kind) => $"templates/cuda/{kind}.cu.hbs";

    private static TextTemplate Template(string kind) => new(typeof(KernelRenderer).Assembly, TemplateResource(kind));
}
