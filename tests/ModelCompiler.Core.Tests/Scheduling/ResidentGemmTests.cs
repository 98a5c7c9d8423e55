using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>The GEMM for few tokens on Hopper: where it is taken, and what it cannot do.</summary>
public class ResidentGemmTests
{
    private static LinearKernel[] Rules(EncoderModel model, QuantizationScheme scheme, int tokens) =>
        [.. KernelWork.AllOf(Planner.Plan(model, scheme), GpuArch.Sm90a, tokens).Select(w => w.Work.Rule(GpuArch.Sm90a, tokens).First).OfType<LinearKernel>()];

    [Fact]
    public void Small_buckets_of_bert_base_take_the_tiles_that_were_measured_to_be_fastest() =>
        Rules(Models.BertBase, Models.W4A4, 32).Select(k => k.Schedule).ShouldBe(
        [
            "resident_m16n48_w3x4_p1", "split_m16_n4k4_w6x1_e6", "resident_m16n384_w12x1_p1_c8", "resident_m16n96_w3x4_p4_c8",
            "resident_m16n96_w3x4_p4_c8",
        ]);

    [Fact]
    public void Large_weights_are_left_to_the_kernels_for_many_tokens()
    {
        string[] Of(EncoderModel model, QuantizationScheme scheme, int tokens) => [.. Rules(model, scheme, tokens).Take(4).Select(k => k.Schedule)];
        // Eight row blocks read 0.9 MB of int4 each, four 1.8 MB of int8; where blocks share rows, eight may read 1.2 MB.
        Of(Models.BertBase, Models.W4A4, 128).ShouldBe(
            ["wgmma_m64n64_s6_pingpong", "split_m16_n2k4_w12x1_e6", "wgmma_m64n96_s6_pingpong_grid", "split_m64n64_k2_grid"]);
        Of(Models.BertBase, Models.W4A4, 64)[0].ShouldBe("resident_m16n48_w3x4_p1");
        Of(Models.BertBase, Models.Scheme(8, 8), 64)[0].ShouldBe("wgmma_m64n64_s6_pingpong");
        Of(Models.BertBase, Models.Scheme(8, 8), 32)[0].ShouldBe("resident_m16n48_w3x4_p1");
        Of(Models.BertBase, Models.Scheme(8, 8), 128).ShouldBe(
            ["wgmma_m64n64_s6_pingpong", "split_m16_n2k4_w12x1_e6", "wgmma_m64n96_s6_pingpong_grid", "split_m64n64_k2_grid"]);
        Of(Models.BertLarge, QuantizationScheme.Float16, 128)[1].ShouldBe("wgmma_m64n128_s8_pingpong_c8");
        // Weights that no cluster holds, or rows that it takes the whole grid to hold.
        Of(Models.BertLarge, Models.Scheme(8, 8), 32).ShouldBe(
            ["resident_m16n48_w3x4_p1", "split_m16_n4k4_w8x1_e8", "wgmma_m64n64_s8_pingpong_grid", "wgmma_m64n64_s8_pingpong_c16"]);
        Of(Models.BertBase, QuantizationScheme.Float16, 32)[3].ShouldBe("wgmma_m64n64_s8_pingpong_c12");
    }

    [Fact]
    public void The_grid_can_share_rows_where_weights_are_too_wide_for_a_cluster()
    {
        GemmWork work = (GemmWork)KernelWork.AllOf(Planner.Plan(Models.BertLarge, Models.Scheme(8, 8)), GpuArch.Sm90a, 32)[3].Work;
        ResidentGemmKernel mlp = GemmCandidates.For(work.Problem, work.Epilogue, GpuArch.Sm90a, 32).Select(c => c.Product).OfType<ResidentGemmKernel>().First();
        mlp.Scope.ShouldBe(RowScope.Grid);
        mlp.BlocksThatWait(32).ShouldBe(4096 / mlp.TileN * ((32 + mlp.TileM - 1) / mlp.TileM));
        // Both ends of 32 rows, then a counter for each row block.
        mlp.RendezvousBytes(32).ShouldBe(32 * 4 * mlp.BlocksN);
        ScheduleVerifier.VerifyIn(32, mlp).ShouldBeEmpty();
        ScheduleFinding finding = ScheduleVerifier.VerifyIn(4096, mlp).ShouldHaveSingleItem();
        finding.Limit.ShouldBe("blocks that wait for one another");
        finding.Found.ShouldBe(mlp.BlocksThatWait(4096));
    }

    [Theory]
    [InlineData(4, 8, Symmetry.Symmetric, 64)]
    [InlineData(4, 16, Symmetry.Asymmetric, 0)]
    public void Groups_and_sums_of_fp16_rows_stay_with_the_kernels_of_all_architectures(int weights, int activations, Symmetry symmetry, int group)
    {
        QuantizationScheme scheme = Models.Scheme(weights, activations, symmetry, group);
        Rules(Models.BertBase, scheme, 32).ShouldAllBe(kernel => kernel is GemmKernel);
    }

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        GemmWork output = KernelWork.AllOf(Planner.Plan(Models.BertBase, Models.W4A4), GpuArch.Sm90a, 32).Select(w => w.Work).OfType<GemmWork>().ElementAt(1);
        ResidentGemmKernel good = GemmCandidates.For(output.Problem, output.Epilogue, GpuArch.Sm90a, 32)
            .Select(candidate => candidate.Product).OfType<ResidentGemmKernel>().First();
        ScheduleVerifier.Verify(good).ShouldBeEmpty();

        string[] Limits(ResidentGemmKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        Limits(good with { Tile = good.Tile with { N = 160 } }).ShouldContain("outputs beyond whole tiles");
        Limits(good with { Problem = good.Problem with { K = 784 } }).ShouldContain("inputs beyond whole blocks of weights");
        Limits(good with { Tile = good.Tile with { Chunks = 5 } }).ShouldBe(["blocks of weights beyond equal shares of warps and chunks"]);
        Limits(good with { Tile = good.Tile with { WarpsN = 4 } }).ShouldBe(["outputs of a tile beyond whole blocks of its warps"]);
        Limits(good with { Tile = good.Tile with { WarpsN = 6, WarpsK = 4 } }).ShouldBe(["threads of a block with resident weights"]);
        Limits(good with { Tile = good.Tile with { M = 128 } }).ShouldContain("16 x 8 tiles of a warp");
        Limits(good with { Scope = RowScope.Grid }).ShouldBe(["sums over rows that the grid shares"]);
        Limits(good with { Scope = RowScope.Partial }).ShouldBe(["sums and ranges over rows that no blocks share"]);
        Limits(good with { Problem = good.Problem with { K = 3072 }, Tile = good.Tile with { N = 128, WarpsN = 4 } })
            .ShouldContain("shared memory bytes of a block");
    }
}
