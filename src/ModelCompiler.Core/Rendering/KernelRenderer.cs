using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Writes the CUDA source of a kernel plan: a configuration and an entry point around the headers in mc/.</summary>
public static class KernelRenderer
{
    private static readonly TextTemplate s_gemm = Template("gemm");
    private static readonly TextTemplate s_residentGemm = Template("resident_gemm");
    private static readonly TextTemplate s_wgmmaGemm = Template("wgmma_gemm");
    private static readonly TextTemplate s_sparseGemm = Template("sparse_gemm");
    private static readonly TextTemplate s_attention = Template("attention");
    private static readonly TextTemplate s_hopperAttention = Template("hopper_attention");
    private static readonly TextTemplate s_rows = Template("rows");
    private static readonly TextTemplate s_embedding = Template("embedding");
    private static readonly TextTemplate s_pool = Template("pool");
    private static readonly TextTemplate s_dense = Template("dense");

    /// <summary>Renders a kernel. Deterministic: equal plans give equal text.</summary>
    public static RenderedKernel Render(KernelPlan kernel)
    {
        string source = kernel switch
        {
            GemmKernel gemm => s_gemm.Render(new GemmView(gemm)),
            ResidentGemmKernel gemm => s_residentGemm.Render(new ResidentGemmView(gemm)),
            WgmmaGemmKernel gemm => s_wgmmaGemm.Render(new WgmmaGemmView(gemm)),
            SparseGemmKernel gemm => s_sparseGemm.Render(new SparseGemmView(gemm)),
            AttentionKernel attention => s_attention.Render(new AttentionView(attention)),
            HopperAttentionKernel attention => s_hopperAttention.Render(new HopperAttentionView(attention)),
            RowsKernel rows => s_rows.Render(new RowsView(rows)),
            EmbeddingKernel embedding => s_embedding.Render(new EmbeddingView(embedding)),
            PoolKernel pool => s_pool.Render(new PoolView(pool)),
            DenseKernel dense => s_dense.Render(new DenseView(dense)),
            _ => throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "Unknown kind of kernel."),
        };
        return new(kernel.Name, kernel.Arch, source, ContentHash.Of(source));
    }

    private static TextTemplate Template(string name) => new(typeof(KernelRenderer).Assembly, $"templates/cuda/{name}.cu.hbs");
}
