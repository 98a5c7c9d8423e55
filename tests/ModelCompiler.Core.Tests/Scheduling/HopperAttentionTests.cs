using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>Attention on wgmma: what it cannot do.</summary>
public class HopperAttentionTests
{
    private static readonly EpilogueSpec s_codes =
        Scheduler.Schedule(Planner.Plan(Models.BertBase, Models.W4A4), Models.Shapes, GpuArch.Sm90a).Kernels.OfType<HopperAttentionKernel>().First().Epilogue;

    private static readonly EpilogueSpec s_values =
        Scheduler.Schedule(Planner.Plan(Models.BertBase, Models.Scheme(4, 16)), Models.Shapes, GpuArch.Sm90a).Kernels.OfType<HopperAttentionKernel>().First().Epilogue;

    [Theory]
    [InlineData(12, 64, 1, 1, 2, 64, null)]
    [InlineData(12, 32, 1, 1, 1, 64, "columns of a head beyond 64 or 128")]
    [InlineData(12, 64, 1, 1, 5, 64, "heads beyond equal shares of blocks")]
    [InlineData(12, 64, 1, 4, 1, 64, null)]
    [InlineData(12, 64, 3, 1, 1, 128, "warps of a block that its registers are enough for")]
    [InlineData(8, 128, 3, 1, 1, 64, "warps of a block that its registers are enough for")]
    [InlineData(24, 64, 1, 1, 1, 64, "blocks of a cluster")]
    public void Limits_are_those_of_the_kernel(int heads, int headSize, int queryGroups, int headsAtOnce, int turns, int keyTile, string? limit)
    {
        HopperAttentionKernel kernel = new(GpuArch.Sm90a, heads, headSize, new(queryGroups, headsAtOnce, turns, keyTile, 2), s_codes);
        ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit).ShouldBe(limit is null ? [] : [limit]);
    }

    [Fact]
    public void Ranges_across_a_grid_need_no_cluster_but_a_word_for_each_part()
    {
        HopperAttentionKernel kernel = new(GpuArch.Sm90a, 12, 64, new(1, 1, 2, 64, 2, AcrossGrid: true), s_codes);
        ScheduleVerifier.VerifyIn(512, kernel).ShouldBeEmpty();
        kernel.ClusterSize.ShouldBe(1);
        kernel.BlocksThatWait(512).ShouldBe(6);
        kernel.RendezvousBytes(500).ShouldBe(128 + (512 * 4 * 6), "a ticket in a line of its own, and 6 words of a token");
        kernel.Name.ShouldEndWith("_wgmma_q64h1x2_k64_s2_grid_sm_90a");
    }

    [Theory]
    [InlineData(4, Symmetry.Symmetric, "q64h1x3_k64_s2_grid")]
    [InlineData(4, Symmetry.Asymmetric, "q128h1x2_k64_s2")]
    [InlineData(16, Symmetry.Symmetric, "q64h1x1_k64_s2")]
    public void Blocks_of_full_chips_are_no_clusters_where_no_code_sum_needs_one(int activations, Symmetry symmetry, string tile) =>
        Scheduler.Schedule(Planner.Plan(Models.BertBase, Models.Scheme(4, activations, symmetry)), Models.Shapes, GpuArch.Sm90a)
            .Buckets.Single(bucket => bucket.Tokens == 16384).Launches.Select(launch => launch.Kernel).OfType<HopperAttentionKernel>()
            .Select(kernel => kernel.Tile.ToString()).Distinct().ShouldBe([tile]);

    [Fact]
    public void Ranges_across_a_grid_are_magnitudes_of_dynamic_symmetric_codes()
    {
        HopperAttentionKernel kernel = new(GpuArch.Sm90a, 12, 64, new(1, 1, 2, 64, 2, AcrossGrid: true), s_values);
        ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit).ShouldBe(["ranges across a grid that are not of one magnitude"]);
    }
}
