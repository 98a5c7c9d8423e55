using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>Projection and attention in one kernel: where, and what of the plan then needs no memory.</summary>
public class QkvAttentionTests
{
    private static readonly TargetPlan s_base = Schedule(Models.BertBase, Models.W4A4);

    private static readonly QkvAttentionKernel s_kernel = Kernel(s_base, 16384);

    [Fact]
    public void Buckets_of_many_tokens_have_a_second_schedule_for_filled_tiles()
    {
        s_base.TiledBuckets.Select(b => b.Tokens).ShouldBe([1024, 4096, 16384]);
        s_base.TiledBuckets.ShouldAllBe(b => b.Launches.Count == 1 + (12 * 4) + 2);
        s_base.Buckets.ShouldAllBe(b => !b.Launches.Any(launch => launch.Kernel is QkvAttentionKernel) && b.Launches.Count == 1 + (12 * (b.Tokens > 64 ? 5 : 4)) + 2);
        s_kernel.Tile.ToString().ShouldBe("s3_kept");
        Kernel(Schedule(Models.BertLarge, Models.W4A4), 16384).Tile.ToString().ShouldBe("s3"); // 1,024 inputs of a head's weights do not fit
    }

    [Fact]
    public void What_a_kernel_makes_and_uses_up_takes_no_memory()
    {
        ExecutionPlan plan = Planner.Plan(Models.BertBase, Models.W4A4);
        BucketPlan tiled = s_base.TiledBuckets[0], general = s_base.Buckets.Single(b => b.Tokens == tiled.Tokens);
        foreach (KernelLaunch launch in tiled.Launches.Where(launch => launch.Kernel is QkvAttentionKernel))
        {
            (plan.Ops[launch.FirstOp] is LinearOp { Part: EncoderPart.Qkv } && plan.Ops[launch.Op] is AttentionOp).ShouldBeTrue();
            int within = ((AttentionOp)plan.Ops[launch.Op]).Source;
            tiled.Buffers[within].Bytes(tiled.Tokens).ShouldBe(0);
            general.Buffers[within].Bytes(tiled.Tokens).ShouldBe(1024L * 3 * 768 * 2);
        }

        // Every other buffer is as large as ever, and lives from the launch that writes it to the last one that reads it.
        foreach (PlanBuffer buffer in plan.Buffers.Where(b => tiled.Buffers[b.Id].RowBytes > 0))
        {
            tiled.Buffers[buffer.Id].Bytes(1024).ShouldBe(general.Buffers[buffer.Id].Bytes(1024), buffer.Name);
            tiled.Launches[tiled.Buffers[buffer.Id].FirstLaunch].Op.ShouldBe(buffer.FirstOp, buffer.Name);
            KernelLaunch last = tiled.Launches[tiled.Buffers[buffer.Id].LastLaunch];
            (last.FirstOp <= buffer.LastOp && buffer.LastOp <= last.Op).ShouldBeTrue(buffer.Name);
        }

        tiled.Arena.PeakBytes.ShouldBeLessThan(general.Arena.PeakBytes);
    }

    [Fact]
    public void Blocks_are_sets_of_heads_that_run_at_the_same_time()
    {
        s_kernel.BlocksThatWait(16384).ShouldBe(12);
        s_kernel.Grid(16384).ShouldBe((12 * 128, 1));
        s_kernel.RendezvousBytes(1000).ShouldBe(1024 * 4 * 12);
        (s_kernel with { Heads = 10 }).RendezvousBytes(1000).ShouldBe(1024 * 4 * 10);
        QkvAttentionKernel shared = s_kernel with { Tile = new(4, WeightFlow.Streamed, 2) };
        (shared.ClusterSize, shared.BlocksThatWait(1024), shared.Grid(1025)).ShouldBe((2, 24, (12 * 2 * 5, 1)));
    }

    [Theory]
    [InlineData(16, 16, 12, 768, GpuArch.Sm90a)]
    [InlineData(4, 4, 12, 768, GpuArch.Sm80)]
    [InlineData(4, 4, 6, 768, GpuArch.Sm90a)]
    [InlineData(4, 4, 24, 768, GpuArch.Sm90a)]
    [InlineData(4, 4, 32, 2048, GpuArch.Sm90a)]
    public void Other_formats_heads_and_architectures_keep_two_kernels(int weights, int activations, int heads, int hidden, GpuArch arch) =>
        Scheduler.Schedule(Planner.Plan(Models.Bert(hidden, 1, heads, 3072), Models.Scheme(weights, activations)), Models.Shapes, arch).TiledBuckets.ShouldBeEmpty();

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        static string[] Limits(QkvAttentionKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        Limits(s_kernel).ShouldBeEmpty();
        Limits(s_kernel with { Tile = s_kernel.Tile with { SharedTiles = 2 } }).ShouldBe(["token tiles of a cluster whose weights stay"]);
        Limits(s_kernel with { Tile = s_kernel.Tile with { Stages = 6 } }).ShouldBe(["shared memory bytes of a block"]);
        Limits(s_kernel with { Tile = new(4, WeightFlow.Streamed), Problem = s_kernel.Problem with { K = 256 } }).ShouldBe(["stages"]);
        Limits(s_kernel with { Heads = 11 }).ShouldBe(["outputs of the projection beyond those of the heads"]);
        LinearPrecision grouped = Models.Scheme(4, 8, group: 64)[EncoderPart.Qkv];
        Limits(s_kernel with { Problem = GemmProblem.For(2304, 768, grouped, GpuArch.Sm90a) }).ShouldContain("inputs that share a weight scale");
        EpilogueSpec asymmetric = EpilogueOf(Models.Scheme(8, 8, Symmetry.Asymmetric));
        Limits(s_kernel with { Epilogue = asymmetric }).ShouldBe(["code formats but symmetric ones in bytes"]);
    }

    private static EpilogueSpec EpilogueOf(QuantizationScheme scheme) =>
        Schedule(Models.BertBase, scheme).Kernels.OfType<HopperAttentionKernel>().First().Epilogue;

    private static TargetPlan Schedule(EncoderModel model, QuantizationScheme scheme) => Scheduler.Schedule(Planner.Plan(model, scheme), Models.Shapes, GpuArch.Sm90a);

    private static QkvAttentionKernel Kernel(TargetPlan target, int tokens) =>
        target.TiledBuckets.Single(b => b.Tokens == tokens).Launches.Select(launch => launch.Kernel).OfType<QkvAttentionKernel>().Distinct().Single();
}
