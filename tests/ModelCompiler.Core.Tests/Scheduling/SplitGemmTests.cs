using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>The GEMM whose cluster divides the inputs: where it is taken, what it is handed, and what it cannot do.</summary>
public class SplitGemmTests
{
    private static readonly ExecutionPlan s_plan = Planner.Plan(Models.BertBase, Models.W4A4);

    private static readonly int s_mlp = s_plan.Ops.ToList().FindIndex(op => op is LinearOp { Part: EncoderPart.MlpIntermediate });

    private static BucketPlan Schedule(ExecutionPlan plan, int tokens, params KernelChoice[] choices) =>
        Scheduler.Schedule(plan, new(new(tokens), tokens), GpuArch.Sm90a, choices.ToEquatableArray()).Buckets[0];

    private static LinearKernel KernelOf(BucketPlan bucket, int op) =>
        bucket.Launches.Where(launch => launch.Op == op).Select(launch => launch.Kernel).ShouldHaveSingleItem().ShouldBeAssignableTo<LinearKernel>()!;

    [Theory]
    [InlineData(32, "split_m16_n4k4_w12x1_e6_v48")]
    [InlineData(64, "split_m16_n4k4_w12x1_e6_v48")]
    [InlineData(128, "split_m16_n2k4_w12x1_e6")]
    public void Attention_outputs_of_few_tokens_take_the_tiles_that_were_measured_to_be_fastest(int tokens, string schedule) =>
        KernelOf(Schedule(s_plan, tokens), s_plan.Ops.ToList().FindIndex(op => op is LinearOp { Part: EncoderPart.AttentionOutput })).Schedule.ShouldBe(schedule);

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void The_first_part_of_an_mlp_hands_over_values_with_a_part_of_the_range_from_each_block(int bits)
    {
        ExecutionPlan plan = Planner.Plan(Models.BertBase, Models.Scheme(bits, bits));
        BucketPlan bucket = Schedule(plan, 32);
        var writer = KernelOf(bucket, s_mlp).ShouldBeOfType<ResidentGemmKernel>();
        var reader = KernelOf(bucket, s_mlp + 1).ShouldBeOfType<SplitGemmKernel>();
        writer.Scope.ShouldBe(RowScope.Partial);
        writer.BlocksThatWait(32).ShouldBe(0);
        writer.Epilogue.Ops[^1].ShouldBe(new EpilogueOp.StoreRangeParts());
        reader.RangeParts.ShouldBe(writer.BlocksN);
        DeviceBuffer between = bucket.Buffers[((LinearOp)plan.Ops[s_mlp + 1]).Source];
        between.RowBytes.ShouldBe(4 * 3072);
        between.MetadataBytes.ShouldBe(4 * writer.BlocksN);
        ScheduleVerifier.VerifyIn(32, writer).Concat(ScheduleVerifier.VerifyIn(32, reader)).ShouldBeEmpty();
    }

    [Fact]
    public void Codes_are_handed_over_to_many_tokens_of_asymmetric_formats_and_where_a_kernel_was_chosen()
    {
        bool HandsOverValues(ExecutionPlan plan, int tokens, params KernelChoice[] choices) =>
            KernelOf(Schedule(plan, tokens, choices), s_mlp + 1) is SplitGemmKernel { ReadsValues: true };

        HandsOverValues(s_plan, 64).ShouldBeTrue();
        HandsOverValues(s_plan, 65).ShouldBeFalse();
        HandsOverValues(Planner.Plan(Models.BertBase, Models.Scheme(4, 4, Symmetry.Asymmetric)), 32).ShouldBeFalse();
        foreach (int op in new[] { s_mlp, s_mlp + 1 })
        {
            GemmWork work = GemmWork.Of(s_plan, (LinearOp)s_plan.Ops[op], GpuArch.Sm90a, []);
            GemmCandidate rule = GemmCandidates.For(work.Problem, work.Epilogue, GpuArch.Sm90a, 32)[0];
            HandsOverValues(s_plan, 32, new KernelChoice(GpuArch.Sm90a, 32, work.Name, rule.Token)).ShouldBeFalse();
        }
    }

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        var good = (SplitGemmKernel)KernelOf(Schedule(s_plan, 32), s_mlp + 1);
        ScheduleVerifier.Verify(good).ShouldBeEmpty();

        string[] Limits(SplitGemmKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        Limits(good with { Tile = good.Tile with { SplitN = 5 } }).ShouldContain("outputs beyond equal parts");
        Limits(good with { Tile = good.Tile with { SplitK = 7 } }).ShouldContain("inputs beyond equal parts");
        Limits(good with { Tile = good.Tile with { SplitK = 6 } }).ShouldContain("blocks of a cluster beyond 8 or 16");
        Limits(good with { Tile = good.Tile with { M = 24 } }).ShouldContain("rows of a tile beyond as many for each block");
        Limits(good with { Tile = good.Tile with { WarpsN = 5 } }).ShouldContain("outputs of a tile beyond whole blocks of its warps");
        Limits(good with { Tile = good.Tile with { EpilogueWarps = 5 } }).ShouldContain("pairs of columns beyond as many for each thread");
        Limits(good with { Tile = good.Tile with { EpilogueWarps = 24 } }).ShouldContain("warps that finish rows");
        Limits(good with { Tile = good.Tile with { WarpsN = 24, EpilogueWarps = 1 } }).ShouldContain("pairs of columns of a thread beyond one lane's message");
        Limits(good with { RangeParts = 6 }).ShouldContain("parts of a row's range beyond fours of its lanes");
        Limits(good with { Tile = good.Tile with { WarpsN = 3 } }).ShouldContain("lanes that find the ranges of rows");
        Limits(good with { Epilogue = new(new(new EpilogueOp.Bias(), new EpilogueOp.StoreFloat16())) }).ShouldBe(["epilogues without bias or whole rows"]);
        Limits(good with { Problem = good.Problem with { Precision = Models.Scheme(4, 4, Symmetry.Asymmetric).MlpOutput } })
            .ShouldBe(["operands that are not symmetric codes with a scale for each row"]);
        Limits(good with { Problem = good.Problem with { K = 3072 * 4 } }).ShouldContain("shared memory bytes of a block");
    }
}
