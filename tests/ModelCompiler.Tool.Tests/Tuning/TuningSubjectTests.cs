using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Tool.Tuning;

namespace ModelCompiler.Tool.Tests.Tuning;

/// <summary>Whole encoders are timed in the schedule that a session runs the same batch in.</summary>
public sealed class TuningSubjectTests
{
    private const int Few = 32, Many = 1024;

    private static readonly TuningSubject s_short = Subject(128), s_long = Subject(384);

    [Fact]
    public void A_full_bucket_has_sequences_of_one_length_but_for_the_last()
    {
        TuningSubject.Sequences(1024, 128).ShouldBe([.. Enumerable.Repeat(128, 8)]);
        TuningSubject.Sequences(1024, 384).ShouldBe([384, 384, 256]);
        TuningSubject.Sequences(32, 128).ShouldBe([32]);
    }

    [Fact]
    public void A_bucket_that_fills_tiles_is_scheduled_as_a_session_does()
    {
        ExecutionPlan whole = s_short.Whole();
        // Two buckets, as a class has, instead of the bench's one.
        TargetPlan session = Scheduler.Schedule(whole, new(new(Few, Many), 384), GpuArch.Sm90a);
        Launches(s_short, Many).ShouldBe(session.TiledBuckets.Single().Launches);
        Launches(s_long, Many).ShouldBe(session.Buckets[1].Launches);
        Launches(s_short, Few).ShouldBe(session.Buckets[0].Launches);
        Launches(s_short, Many).Count(l => l.Kernel is QkvAttentionKernel).ShouldBe(12);

        EquatableArray<KernelLaunch> Launches(TuningSubject subject, int tokens) => subject.Schedule(whole, tokens, default).Launches;
    }

    [Fact]
    public void Kernels_that_are_compiled_and_listed_are_those_of_that_schedule()
    {
        IEnumerable<string> Kinds(TuningSubject subject) =>
            KernelVersion.Of(new EncoderVariant(subject, default).Kernels(Many)).Select(KernelVersion.KindOf);
        Kinds(s_short).ShouldBe(["embedding", "qkv_attention", "wgmma_gemm"]);
        Kinds(s_long).ShouldBe(["embedding", "hopper_attention", "wgmma_gemm"]);
    }

    [Fact]
    public void A_candidate_by_itself_has_a_launch_of_its_own()
    {
        foreach ((KernelWork work, int op) in KernelWork.AllOf(s_short.Plan, GpuArch.Sm90a, Many))
        {
            KernelCandidate candidate = work.Candidates(GpuArch.Sm90a, Many)[^1];
            s_short.Schedule(Many, work, candidate).Launches.Where(l => l.Op == op).Select(l => l.Kernel).ShouldBe(candidate.Kernels);
        }
    }

    [Fact]
    public void Works_without_a_launch_of_their_own_are_not_searched()
    {
        string[] all = [.. All(Many)];
        Works(s_long, Many).ShouldBe(all);
        Works(s_short, Many).ShouldBe(all[2..]); // without projection and attention
        // A choice for one part of an MLP keeps apart the two that the rules let hand over rows.
        Works(s_short, Few).ShouldBe(All(Few));
        PartSwaps.Of(s_short, Many, Results(Many)).Select(p => p.Part).ShouldBe(["mlp-output", "mlp-intermediate", "attention-output"], ignoreOrder: true);
        PartSwaps.Of(s_long, Many, Results(Many)).Count.ShouldBe(5);

        static IEnumerable<string> All(int tokens) => KernelWork.AllOf(s_short.Plan, GpuArch.Sm90a, tokens).Select(w => w.Work.Name);
        static IEnumerable<string> Works(TuningSubject subject, int tokens) => subject.Works(tokens).Select(w => w.Work.Name);
    }

    [Fact]
    public void What_is_known_of_works_that_were_not_searched_stays()
    {
        WorkResult[] results = [.. Results(Many).Values];
        var stamp = new TuningStamp("GPU", "9.0", 132, "13.0", "12.4", "2026-11-26");
        var earlier = new TuningDatabase(stamp, new([.. results.Select(r => new TuningEntry(r.Work, Many, r.Outcomes[1].Candidate, 1, 0))]));

        Entries(s_short).ShouldBe(results.Take(2).Select(r => r.Work), ignoreOrder: true);
        Entries(s_long).ShouldBeEmpty();

        IEnumerable<string> Entries(TuningSubject subject) =>
            TuningMerge.Database(stamp, results, [new(subject, Many, [], 1, new("m", default, Many, subject.Sequence, 1, 1, 0))], earlier).Entries.Select(e => e.Work);
    }

    [Theory]
    [InlineData(32, typeof(FewQkvAttentionKernel))]
    [InlineData(Many, typeof(QkvAttentionKernel))]
    public void Every_weight_is_packed_for_the_kernel_that_reads_it_the_fused_one_too(int tokens, Type fused)
    {
        ExecutionPlan whole = s_short.Whole();
        BucketPlan session = s_short.Schedule(whole, tokens, default);
        EquatableArray<KernelLaunch> readers =
            TuningWeights.Readers(whole, GpuArch.Sm90a, new EncoderVariant(s_short, default).Kernels(tokens)).Buckets[0].Launches;
        for (int op = 0; op < whole.Ops.Count; op++)
        {
            if (whole.Ops[op] is LinearOp)
                readers.Where(r => r.FirstOp == op).Select(Read).ShouldContain(Read(session.Launches.Single(l => l.FirstOp == op)));
        }

        readers.Count(r => r.Kernel.GetType() == fused).ShouldBe(12);

        // Kernels that read the same weights in the same order stand for each other.
        static ((GemmProblem Problem, WeightOrder Order)? Weights, int Op) Read(KernelLaunch launch) => (launch.Kernel.WeightsRead(), launch.Op);
    }

    private static Dictionary<(string Work, int Tokens), WorkResult> Results(int tokens) => KernelWork.AllOf(s_short.Plan, GpuArch.Sm90a, tokens).Select(w =>
    {
        IReadOnlyList<KernelCandidate> candidates = w.Work.Candidates(GpuArch.Sm90a, tokens);
        return new WorkResult(
            w.Work.Name, tokens, candidates[0].Token, [.. candidates.Select((c, i) => (c.Token, (CandidateOutcome)new CandidateOutcome.Measured(10 - 0.01 * i, 0.1)))]);
    }).ToDictionary(r => (r.Work, r.Tokens));

    private static TuningSubject Subject(int sequence)
    {
        var int4 = new LinearPrecision(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken));
        EncoderModel model = TinyEncoder.Descriptor.Model with
        {
            HiddenSize = 768, AttentionHeads = 12, IntermediateSize = 3072, Layers = 12, MaxPositions = 512,
        };
        return TuningSubject.Of(model, QuantizationScheme.Uniform(int4), GpuArch.Sm90a, sequence);
    }
}
