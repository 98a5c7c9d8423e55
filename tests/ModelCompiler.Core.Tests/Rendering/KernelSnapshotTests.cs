using System.Runtime.CompilerServices;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Rendering;

/// <summary>
/// The CUDA text of kernels that stand for all others. Set MODELCOMPILER_UPDATE_SNAPSHOTS to 1 to write the snapshots anew,
/// then read the difference.
/// </summary>
public class KernelSnapshotTests
{
    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "Snapshots");

    [Fact]
    public void Rendered_kernels_equal_their_snapshots()
    {
        Dictionary<string, string> rendered = Representatives().Select(KernelRenderer.Render).ToDictionary(k => k.Name + ".cu", k => k.Source);
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_UPDATE_SNAPSHOTS") == "1")
        {
            foreach (string old in Directory.GetFiles(Folder()))
                File.Delete(old);
            foreach ((string name, string text) in rendered)
                File.WriteAllText(Path.Combine(Folder(), name), text);
        }

        Directory.GetFiles(Folder()).Select(path => Path.GetFileName(path)).Order().ShouldBe(rendered.Keys.Order());
        foreach ((string name, string text) in rendered)
            text.ShouldBe(File.ReadAllText(Path.Combine(Folder(), name)), name);
    }

    [Fact]
    public void Text_ends_in_a_line_feed_and_holds_no_carriage_return()
    {
        foreach (KernelPlan kernel in Representatives())
        {
            string source = KernelRenderer.Render(kernel).Source;
            source.ShouldEndWith("}\n");
            source.ShouldNotContain("\r");
            source.ShouldContain($"\n{kernel.Name}(");
        }
    }

    [Fact]
    public void Rendering_is_deterministic_and_its_hash_follows_the_text()
    {
        foreach (KernelPlan kernel in Representatives())
        {
            RenderedKernel first = KernelRenderer.Render(kernel);
            KernelRenderer.Render(kernel with { }).ShouldBe(first);
            first.Hash.ShouldBe(ContentHash.Of(first.Source));
        }

        Representatives().Select(kernel => KernelRenderer.Render(kernel).Hash).Distinct().Count().ShouldBe(Representatives().Count);
    }

    [Theory]
    [InlineData(1e-12, "9.99999996e-13f")]
    [InlineData(1e-5, "9.99999975e-06f")]
    [InlineData(1, "1.0f")]
    public void Epsilon_reads_back_as_the_same_float(double epsilon, string literal)
    {
        KernelPlan kernel = Kernels(Models.Small with { LayerNormEpsilon = epsilon }, Models.W4A4, GpuArch.Sm80)
            .OfType<GemmKernel>().First(k => k.Epilogue.Ops.Any(op => op is EpilogueOp.LayerNorm));
        KernelRenderer.Render(kernel).Source.ShouldContain($"kValue = {literal};");
        float.Parse(literal.TrimEnd('f'), System.Globalization.CultureInfo.InvariantCulture).ShouldBe((float)epsilon);
    }

    private static List<KernelPlan> Representatives()
    {
        KernelPlan Gemm(EncoderModel model, QuantizationScheme scheme, GpuArch arch, int n, int k, int tileM) => Kernels(model, scheme, arch)
            .OfType<GemmKernel>().First(g => g.Problem.N == n && g.Problem.K == k && g.Tile.M == tileM);
        KernelPlan Resident(EncoderModel model, QuantizationScheme scheme, int n, int k) => Kernels(model, scheme, GpuArch.Sm90a)
            .OfType<ResidentGemmKernel>().First(g => g.Problem.N == n && g.Problem.K == k);
        KernelPlan Split(EncoderModel model, QuantizationScheme scheme, int n, int k) => Kernels(model, scheme, GpuArch.Sm90a)
            .OfType<SplitGemmKernel>().First(g => g.Problem.N == n && g.Problem.K == k);
        KernelPlan Wgmma(EncoderModel model, QuantizationScheme scheme, int n, int k, int tileM) => Kernels(model, scheme, GpuArch.Sm90a)
            .OfType<WgmmaGemmKernel>().First(g => g.Problem.N == n && g.Problem.K == k && g.Tile.M == tileM);

        // Kernels that only a measurement takes.
        KernelPlan Candidate<T>(EncoderModel model, QuantizationScheme scheme, int n, int k, int tokens)
            where T : LinearKernel =>
            KernelWork.AllOf(Planner.Plan(model, scheme), GpuArch.Sm90a, tokens).Select(w => w.Work).OfType<GemmWork>()
                .Where(work => work.Problem.N == n && work.Problem.K == k)
                .SelectMany(work => GemmCandidates.For(work.Problem, work.Epilogue, GpuArch.Sm90a, tokens))
                .Select(candidate => candidate.Product).OfType<T>().First();

        EncoderModel model = Models.BertBase, small = Models.Small, large = Models.BertLarge;
        return
        [
            Gemm(model, Models.W4A4, GpuArch.Sm80, 2304, 768, 128),
            Gemm(model, Models.W4A4, GpuArch.Sm80, 768, 3072, 64),
            Gemm(small, Models.W4A4, GpuArch.Sm89, 256, 1024, 64),
            Gemm(model, Models.Scheme(4, 8, group: 128), GpuArch.Sm90a, 3072, 768, 64),
            Resident(model, Models.Scheme(4, 4, Symmetry.Asymmetric), 768, 768),
            Candidate<ResidentGemmKernel>(model, Models.W4A4, 768, 3072, 128),
            Resident(model, Models.Scheme(4, 16), 3072, 768),
            Candidate<ResidentGemmKernel>(large, Models.Scheme(8, 8), 4096, 1024, 16),
            Resident(model, Models.W4A4, 3072, 768),
            Split(model, Models.W4A4, 768, 768),
            Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<SplitGemmKernel>().First(g => !g.ReadsValues),
            Split(model, Models.W4A4, 768, 3072),
            Split(model, Models.Scheme(8, 8), 768, 3072),
            Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<SplitKGemmKernel>().First(),
            Wgmma(model, Models.W4A4, 2304, 768, 128),
            Wgmma(model, Models.W4A4, 3072, 768, 64),
            Wgmma(model, Models.Scheme(8, 8, Symmetry.Asymmetric), 768, 3072, 64),
            Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<WgmmaGemmKernel>().First(g => g.Tile.Weights == WeightFlow.Stationary && g.Problem.N == 3072),
            Wgmma(large, QuantizationScheme.Float16, 1024, 1024, 128),
            Wgmma(model, Models.W4A4, 768, 3072, 128),
            Candidate<SparseGemmKernel>(model, Models.Sparse(4, 4), 2304, 768, 4096),
            Candidate<SparseGemmKernel>(model, Models.Sparse(8, 8), 768, 3072, 4096),
            Gemm(model, Models.Scheme(4, 8, group: 128), GpuArch.Sm86, 2304, 768, 64),
            Gemm(model, Models.Scheme(8, 8, range: ActivationRange.Static), GpuArch.Sm80, 3072, 768, 128),
            Gemm(model, Models.Scheme(4, 16), GpuArch.Sm80, 3072, 768, 32),
            Gemm(model, Models.Scheme(4, 16), GpuArch.Sm90a, 768, 768, 64),
            Kernels(model, Models.W4A4, GpuArch.Sm80).OfType<AttentionKernel>().Single(),
            Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<HopperAttentionKernel>().First(),
            Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<HopperAttentionKernel>().Last(attention => attention.Tile.AcrossGrid),
            Kernels(large, Models.Scheme(16, 16), GpuArch.Sm90a).OfType<HopperAttentionKernel>().Last(),
            .. Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<QkvAttentionKernel>(),
            Kernels(large, Models.Scheme(8, 8), GpuArch.Sm90a).OfType<QkvAttentionKernel>().First(),
            .. Kernels(model, Models.W4A4, GpuArch.Sm90a).OfType<FewQkvAttentionKernel>(),
            Kernels(large, Models.Scheme(8, 8), GpuArch.Sm90a).OfType<FewQkvAttentionKernel>().First(),
            Kernels(model, Models.W4A4, GpuArch.Sm80).OfType<RowsKernel>().First(),
            Kernels(model, Models.W4A4, GpuArch.Sm80).OfType<EmbeddingKernel>().Single(),
            Kernels(model with { Head = EncoderHead.ClsEmbedding }, Models.W4A4, GpuArch.Sm80).OfType<PoolKernel>().Single(),
            .. Kernels(model, Models.W4A4, GpuArch.Sm80).OfType<DenseKernel>(),
            Kernels(model with { Head = EncoderHead.MeanEmbedding, NormalizeEmbedding = true }, Models.W4A4, GpuArch.Sm90a).OfType<PoolKernel>().Single(),
        ];
    }

    private static IEnumerable<KernelPlan> Kernels(EncoderModel model, QuantizationScheme scheme, GpuArch arch) =>
        Scheduler.Schedule(Planner.Plan(model, scheme), Models.Shapes, arch).Kernels;
}
