using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>The GEMM for many tokens on Hopper: where it is taken, how it is launched, and what it cannot do.</summary>
public class WgmmaGemmTests
{
    private static LinearKernel[] Rules(EncoderModel model, QuantizationScheme scheme, int tokens) =>
        [.. KernelWork.AllOf(Planner.Plan(model, scheme), GpuArch.Sm90a, tokens).Select(w => w.Work.Rule(GpuArch.Sm90a, tokens).First).OfType<LinearKernel>()];

    private static WgmmaGemmKernel Rule(int part, int tokens) => Rules(Models.BertBase, Models.W4A4, tokens)[part].ShouldBeOfType<WgmmaGemmKernel>();

    [Fact]
    public void Rules_follow_what_was_measured()
    {
        string[] Of(int tokens) => [.. Rules(Models.BertBase, Models.W4A4, tokens).Take(4).Select(k => k.Schedule)];
        Of(512).ShouldBe(["wgmma_m64n128_s6_pingpong", "wgmma_m64n96_s6_pingpong_c8", "wgmma_m64n128_s6_pingpong_grid", "wgmma_m64n96_s8_pingpong_c8"]);
        Of(256)[2].ShouldBe("wgmma_m64n96_s6_pingpong_grid");
        Of(1024).ShouldBe(["wgmma_m128n96_s6_pingpong", "wgmma_m64n96_s6_pingpong_grid", "wgmma_m64n192_s6_threes_kept_grid", "wgmma_m64n96_s8_pingpong_grid"]);
        Of(16384).ShouldBe(["wgmma_m64n192_s6_pingpong_kept", "wgmma_m64n192_s6_pingpong_x2_c8", "wgmma_m64n192_s6_threes_kept_grid", "wgmma_m64n192_s6_pingpong_x2_grid"]);
        // Behind packed codes.
        Of(4096)[3].ShouldBe("wgmma_m128n192_s6_together_grid");
        Rules(Models.BertLarge, Models.W4A4, 16384)[3].Schedule.ShouldBe("wgmma_m128n256_s4_together_grid");
        Rules(Models.BertLarge, Models.W4A4, 4096)[1].Schedule.ShouldBe("wgmma_m64n128_s8_threes_kept_c8");
        Rules(Models.BertLarge, Models.Scheme(8, 8, Symmetry.Asymmetric), 4096)[1].Schedule.ShouldBe("wgmma_m128n128_s6_together_c8");
        Rules(Models.BertBase, Models.Scheme(8, 8), 16384)[3].Schedule.ShouldBe("wgmma_m64n192_s6_pingpong_x2_c8");
    }

    [Fact]
    public void Units_of_work_are_row_blocks_of_a_cluster_and_else_tiles()
    {
        Rule(0, 1024).Grid(1024).ShouldBe((24 * 8, 1));
        Rule(1, 1024).Grid(1000).ShouldBe((16 * 8, 1));
        Rule(1, 512).Grid(500).ShouldBe((8 * 8, 1));
        WgmmaGemmKernel kernel = Rule(0, 1024);
        (kernel with { Tile = kernel.Tile with { RowBlocks = 2 } }).ShouldSatisfyAllConditions(
            k => k.ClusterSize.ShouldBe(2), k => k.Grid(1025).ShouldBe((24 * 5 * 2, 1)), k => k.IsPersistent.ShouldBeTrue());
        // Row blocks of whole rows: two times four blocks a cluster.
        WgmmaGemmKernel rows = Rule(1, 16384);
        rows.Tile.RowBlocks.ShouldBe(2);
        rows.ClusterSize.ShouldBe(2 * 4);
        rows.Grid(16384).ShouldBe((16384 / 128 * 8, 1));
        rows.Grid(16385).ShouldBe(((16384 / 128 + 1) * 8, 1));
        rows.SharedBytes.ShouldBe(6 * (128 * (64 + 192) + 16) + 2 * (16 * 192 + 4 * 64 + 8 * 2 * 4 * 64 + 16));
    }

    [Fact]
    public void Tiles_of_a_row_run_at_the_same_time()
    {
        WgmmaGemmKernel kept = Rule(2, 4096), pingPong = Rule(2, 512);
        WgmmaGemmKernel pairs = kept with { Tile = new(128, 128, 6, WarpGroupSchedule.Pairs) };
        WgmmaGemmKernel together = pairs with { Tile = new(128, 256, 4, WarpGroupSchedule.Cooperative) };
        kept.BlocksThatWait(4096).ShouldBe(3072 / 192);
        pairs.BlocksThatWait(4096).ShouldBe(3072 / 128 / 2);
        together.BlocksThatWait(4096).ShouldBe(3072 / 256);
        pingPong.BlocksThatWait(512).ShouldBe(3072 / 128 / 2);
        // One row block has no more tiles than the columns.
        (together with { Tile = together.Tile with { RowBlocks = 2 } }).BlocksThatWait(16).ShouldBe(12 * 2);
        Rule(1, 4096).BlocksThatWait(4096).ShouldBe(0);
        Rule(1, 1024).BlocksThatWait(1024).ShouldBe(768 / 96 / 2);
        // A word for each tile of a row; two words for each of layer norm's and the quantizer's parts.
        together.RendezvousBytes(4097).ShouldBe(4128 * 4 * 12);
        kept.RendezvousBytes(4097).ShouldBe(4128 * 4 * 16);
        Rule(1, 1024).RendezvousBytes(1024).ShouldBe(1024 * 2 * 8 * 8);
    }

    [Fact]
    public void Blocks_that_keep_their_weights_are_as_many_as_column_tiles_at_least()
    {
        WgmmaGemmKernel qkv = Rule(0, 16384);
        qkv.BlocksThatWait(16384).ShouldBe(2304 / 192);
        qkv.Grid(16384).ShouldBe((12 * 256, 1));
        // Six steps of 128 inputs and their barriers, stages of activations alone, what two epilogues read of their tiles.
        qkv.SharedBytes.ShouldBe(6 * (128 * 192 + 8) + 6 * (128 * 64 + 16) + 2 * (16 * 192 + 4 * 64));
        Rules(Models.BertBase, Models.W4A4, 512).ShouldAllBe(kernel => ((WgmmaGemmKernel)kernel).Tile.Weights == WeightFlow.Streamed);
    }

    [Theory]
    [InlineData(4, 8, 64)]
    [InlineData(4, 16, 0)]
    public void Groups_and_weights_widened_to_fp16_stay_with_the_kernels_of_all_architectures(int weights, int activations, int group) =>
        Rules(Models.BertBase, Models.Scheme(weights, activations, group: group), 4096).ShouldAllBe(kernel => kernel is GemmKernel);

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        WgmmaGemmKernel good = Rule(0, 1024), cluster = Rule(1, 512), grid = Rule(2, 1024);
        string[] Limits(WgmmaGemmKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        foreach (WgmmaGemmKernel kernel in new[] { good, cluster, grid })
            Limits(kernel).ShouldBeEmpty();

        Limits(good with { Tile = good.Tile with { M = 96 } }).ShouldBe(["rows of a warp group beyond whole blocks of 64"]);
        Limits(good with { Tile = good.Tile with { N = 72 } }).ShouldBe(["columns of a tile beyond whole blocks of 32"]);
        Limits(good with { Tile = new(64, 288, 4, WarpGroupSchedule.PingPong) }).ShouldBe(["columns of a tile"]);
        Limits(good with { Tile = new(128, 256, 4, WarpGroupSchedule.PingPong) }).ShouldBe(["sums of a warp group"]);
        Limits(good with { Tile = good.Tile with { Stages = 7 } }).ShouldBeEmpty();
        Limits(good with { Tile = good.Tile with { Stages = 8 } }).ShouldBe(["shared memory bytes of a block"]);
        WgmmaGemmKernel kept = Rule(0, 16384);
        Limits(kept with { Tile = kept.Tile with { Schedule = WarpGroupSchedule.Threes, N = 256, Stages = 2 } }).ShouldBe(["sums of a warp group"]);
        Limits(kept with { Tile = kept.Tile with { Stages = 10 } }).ShouldBe(["shared memory bytes of a block"]);
        Limits(kept with { Tile = kept.Tile with { RowBlocks = 2 } }).ShouldBe(["row blocks of a cluster whose weights stay"]);
        Limits(good with { Problem = good.Problem with { K = 776 } }).ShouldBe(["bytes of a row of activations beyond a multiple of 16"]);
        Limits(cluster with { Tile = cluster.Tile with { N = 160, Stages = 4 } }).ShouldBe(["columns beyond whole tiles of a cluster"]);
        Limits(cluster with { Scope = RowScope.Grid, Tile = cluster.Tile with { N = 160, Stages = 4 } }).ShouldBe(["columns beyond whole tiles of rows that the grid shares"]);
        Limits(grid with { Scope = RowScope.Partial }).ShouldBe(["sums and ranges over rows that no blocks share"]);
        Limits(grid with { Scope = RowScope.Tile }).ShouldBe(["columns of a tile that holds whole rows"]);

        ScheduleFinding finding = ScheduleVerifier.VerifyIn(1024, grid with { Problem = grid.Problem with { N = 32768 } }).ShouldHaveSingleItem();
        finding.Limit.ShouldBe("blocks that wait for one another");
        finding.Found.ShouldBe(342 / 2);
    }
}
