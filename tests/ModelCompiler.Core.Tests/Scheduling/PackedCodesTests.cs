using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>Where INT4 codes lie two to a byte though they are multiplied as bytes.</summary>
public class PackedCodesTests
{
    private static readonly ExecutionPlan s_plan = Planner.Plan(Models.BertBase, Models.W4A4);

    private static TargetPlan Schedule(ExecutionPlan plan, int tokens, GpuArch arch = GpuArch.Sm90a) =>
        Scheduler.Schedule(plan, new(new(tokens), tokens), arch);

    private static WgmmaGemmKernel[] Readers(BucketPlan bucket) =>
        [.. bucket.Launches.Select(launch => launch.Kernel).OfType<WgmmaGemmKernel>().Where(kernel => kernel.Problem.Family == GemmFamily.Int8Activation4)];

    [Fact]
    public void The_second_part_of_an_mlp_reads_two_codes_a_byte_that_the_first_has_stored_so()
    {
        TargetPlan target = Schedule(s_plan, 4096);
        target.TiledBuckets.ShouldNotBeEmpty();
        target.Findings.ShouldBeEmpty();
        foreach (BucketPlan bucket in target.AllBuckets)
        {
            int found = 0;
            foreach (KernelLaunch launch in bucket.Launches.Where(launch => launch.Kernel is WgmmaGemmKernel { Problem.Family: GemmFamily.Int8Activation4 }))
            {
                var reader = (WgmmaGemmKernel)launch.Kernel;
                var op = (LinearOp)s_plan.Ops[launch.Op];
                op.Part.ShouldBe(EncoderPart.MlpOutput);
                (reader.WeightOrder, reader.ActivationBoxBytes()).ShouldBe((WeightOrder.SwizzledRowsOfNibbles, 64));
                bucket.Buffers[op.Source].RowBytes.ShouldBe(3072 / 2);
                bucket.Launches.Single(other => other.Op == launch.Op - 1).Kernel.Epilogue.Ops[^1].ShouldBe(new EpilogueOp.Quantize(op.Precision.Activations, 4));
                found++;
            }

            found.ShouldBe(12);
            // All other codes take a byte: so much as their values' columns.
            s_plan.Buffers.Where(buffer => buffer.Element == BufferElement.Codes && bucket.Buffers[buffer.Id].RowBytes is not (0 or 1536))
                .ShouldAllBe(buffer => bucket.Buffers[buffer.Id].RowBytes == buffer.Columns);
        }
    }

    [Fact]
    public void Kernels_and_works_with_packed_codes_have_names_of_their_own()
    {
        string[] Names(int tokens) => [.. KernelWork.AllOf(s_plan, GpuArch.Sm90a, tokens).Select(w => w.Work.Name).Where(name => name.Contains("3072"))];
        Names(1024).ShouldBe(["ws4_as4_n3072_k768_bias_gelu_qs4in8", "ws4_as4_n768_k3072_bias_res_ln_f16_qs4in8", "ws4_as4_n768_k3072_bias_res_ln_f16"]);
        Names(4096).ShouldBe(["ws4_as4_n3072_k768_bias_gelu_qs4", "ws4_as4in4_n768_k3072_bias_res_ln_f16_qs4in8", "ws4_as4in4_n768_k3072_bias_res_ln_f16"]);

        TargetPlan both = Scheduler.Schedule(s_plan, new(new(1024, 4096), 512), GpuArch.Sm90a);
        both.Kernels.Select(kernel => kernel.Name).ShouldBeUnique();
    }

    [Fact]
    public void Every_candidate_of_a_work_with_packed_codes_can_run()
    {
        foreach ((KernelWork work, _) in KernelWork.AllOf(s_plan, GpuArch.Sm90a, 16384))
        {
            IReadOnlyList<KernelCandidate> candidates = work.Candidates(GpuArch.Sm90a, 16384);
            candidates.SelectMany(candidate => candidate.Kernels).SelectMany(kernel => ScheduleVerifier.VerifyIn(16384, kernel)).ShouldBeEmpty();
            if (work is GemmWork { Problem.Family: GemmFamily.Int8Activation4 })
                candidates.Select(candidate => candidate.First.ShouldBeOfType<WgmmaGemmKernel>()).Count().ShouldBeGreaterThan(5);
        }
    }

    [Theory]
    [InlineData(4, 8, Symmetry.Symmetric, 0)]
    [InlineData(8, 8, Symmetry.Symmetric, 0)]
    [InlineData(4, 16, Symmetry.Symmetric, 0)]
    [InlineData(16, 16, Symmetry.Symmetric, 0)]
    [InlineData(4, 4, Symmetry.Asymmetric, 0)]
    [InlineData(4, 4, Symmetry.Symmetric, 64)]
    public void Other_formats_keep_a_byte_a_code(int weights, int activations, Symmetry symmetry, int group) =>
        Readers(Schedule(Planner.Plan(Models.BertBase, Models.Scheme(weights, activations, symmetry, group)), 16384).Buckets[0]).ShouldBeEmpty();

    [Fact]
    public void So_do_sparse_weights_small_models_small_buckets_and_other_chips()
    {
        Readers(Schedule(Planner.Plan(Models.BertBase, Models.Sparse(4, 4)), 16384).Buckets[0]).ShouldBeEmpty();
        Readers(Schedule(Planner.Plan(Models.Small, Models.W4A4), 16384).Buckets[0]).ShouldBeEmpty();
        Readers(Schedule(s_plan, 4095).Buckets[0]).ShouldBeEmpty();
        Readers(Schedule(s_plan, 4096).Buckets[0]).ShouldNotBeEmpty();
        // There all INT4 codes are packed.
        KernelWork.AllOf(s_plan, GpuArch.Sm80, 16384).ShouldBe(KernelWork.AllOf(s_plan, GpuArch.Sm80, 1024));
    }

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        WgmmaGemmKernel good = Readers(Schedule(s_plan, 16384).Buckets[0])[0];
        string[] Limits(WgmmaGemmKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        Limits(good).ShouldBeEmpty();
        good.SharedBytes.ShouldBe(6 * (64 * 64 + 128 * 192 + 16) + 2 * (16 * 192 + 4 * 64));

        Limits(good with { Tile = good.Tile with { Stages = 7 } }).ShouldBe(["steps beyond whole rounds of the stages", "blocks of 64 rows in the stages beyond pairs"]);
        Limits(good with { Tile = good.Tile with { Stages = 3 } }).ShouldBe(["blocks of 64 rows in the stages beyond pairs"]);
        Limits(good with { Tile = good.Tile with { Schedule = WarpGroupSchedule.Threes } }).ShouldBe(["warp groups beside the widened codes"]);
        Limits(good with { Tile = new(64, 64, 6, WarpGroupSchedule.PingPong, Weights: WeightFlow.Stationary) })
            .ShouldContain("stationary weights beside packed codes");
        Limits(good with { Problem = good.Problem with { Precision = Planner.Plan(Models.BertBase, Models.Scheme(4, 4, Symmetry.Asymmetric)).Ops.OfType<LinearOp>().First().Precision } })
            .ShouldBe(["packed codes of other than symmetric formats"]);
    }
}
