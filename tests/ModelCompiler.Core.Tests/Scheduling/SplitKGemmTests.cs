using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>Split-K products: who takes them, and what the launch says of them.</summary>
public sealed class SplitKGemmTests
{
    private static GemmWork MlpOutput(EncoderModel model, QuantizationScheme scheme, int tokens) =>
        (GemmWork)KernelWork.AllOf(Planner.Plan(model, scheme), GpuArch.Sm90a, tokens)[4].Work;

    private static SplitKGemmKernel[] Candidates(GemmWork work, int tokens) =>
        [.. GemmCandidates.For(work.Problem, work.Epilogue, GpuArch.Sm90a, tokens).Select(c => c.Product).OfType<SplitKGemmKernel>()];

    [Fact]
    public void A_long_product_of_a_few_row_blocks_divides_its_inputs()
    {
        string Of(EncoderModel model, int tokens)
        {
            GemmWork work = MlpOutput(model, Models.W4A4, tokens);
            return ((LinearKernel)work.Rule(GpuArch.Sm90a, tokens).First).Schedule;
        }

        Of(Models.BertBase, 128).ShouldBe("split_m64n64_k2_grid");
        Of(Models.BertBase, 256).ShouldBe("split_m64n64_k2_grid");
        // Half the inputs of 64 outputs do not fit a block's shared memory, and 32 clusters of four not surely on the chip.
        Of(Models.BertLarge, 128).ShouldBe("split_m64n128_k4_grid");
        Of(Models.BertBase, 512).ShouldBe("wgmma_m64n96_s8_pingpong_c8");
        Candidates(MlpOutput(Models.BertBase, Models.W4A4, 32), 32).ShouldBeEmpty();
    }

    [Fact]
    public void All_blocks_wait_for_one_another_so_all_must_fit_the_chip()
    {
        foreach (int tokens in (int[])[64, 128, 192, 256])
        {
            foreach (SplitKGemmKernel kernel in Candidates(MlpOutput(Models.BertBase, Models.W4A4, tokens), tokens))
            {
                kernel.Grid(tokens).ShouldBe((kernel.Tile.Split * (768 / kernel.Tile.N) * ((tokens + 63) / 64), 1));
                kernel.BlocksThatWait(tokens).ShouldBe(kernel.Grid(tokens).X);
                kernel.BlocksThatWait(tokens).ShouldBeLessThanOrEqualTo(132);
                kernel.IsPersistent.ShouldBeFalse();
                kernel.ClusterSize.ShouldBe(kernel.Tile.Split);
            }
        }
    }

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        SplitKGemmKernel good = Candidates(MlpOutput(Models.BertBase, Models.W4A4, 128), 128)[0];
        string[] Limits(SplitKGemmKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        Limits(good).ShouldBeEmpty();
        Limits(good with { Tile = new(80, 4) }).ShouldBe(["columns beyond whole tiles", "columns of a tile beyond whole blocks of 32"], ignoreOrder: true);
        Limits(good with { Tile = new(64, 3) }).ShouldContain("blocks of a cluster beyond 2 or 4");
        Limits(good with { Tile = new(128, 2) }).ShouldBe(["shared memory bytes of a block"]);
        Limits(good with { Problem = good.Problem with { K = 384 } }).ShouldBe(["steps beyond equal parts", "steps of a part below two"], ignoreOrder: true);
    }
}
