using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Tool.Tuning;

namespace ModelCompiler.Tool.Tests.Tuning;

/// <summary>The run of <c>modelc tune</c> around a bench that needs no GPU.</summary>
public sealed class TuningRunTests : IDisposable
{
    private static readonly TuningStamp s_stamp = new("GPU", "9.0", 132, "13.0", "12.4", "2026-11-25");

    private static readonly IReadOnlyList<TuningJob> s_jobs = Jobs();

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string LogPath => _folder.File("tune.log");

    [Fact]
    public void Every_work_gets_its_fastest_candidate()
    {
        IReadOnlyList<WorkResult> results = Run(new FakeBench());

        results.Count.ShouldBe(6);
        foreach (WorkResult result in results)
        {
            result.Outcomes.Count.ShouldBeGreaterThan(2);
            result.Ranking[0].Candidate.ShouldBe(result.Outcomes[^1].Candidate);
            TuningEntry entry = result.EntryOf(result.Ranking[0].Candidate, default);
            entry.RunnerUp.ShouldBe(result.Outcomes[^2].Candidate);
            entry.MedianUs.ShouldBeLessThan(entry.RunnerUpUs!.Value);
        }
    }

    [Fact]
    public void The_rules_stay_where_the_gain_is_noise()
    {
        WorkResult result = new("w", 32, "rule",
        [
            ("rule", new CandidateOutcome.Measured(10, 0.1)), ("near", new CandidateOutcome.Measured(9.95, 0.1)), ("slow", new CandidateOutcome.Measured(12, 0.1)),
        ]);
        result.Ranking.Select(r => r.Candidate).ShouldBe(["rule", "near", "slow"]);
        (result with { Rule = "slow" }).Ranking.Select(r => r.Candidate).ShouldBe(["near", "rule", "slow"]);
        result.EntryOf("slow", default).ShouldBe(new("w", 32, "slow", 12, 0.1, "rule", 10));
    }

    [Fact]
    public void A_disqualified_candidate_never_wins()
    {
        TuningKey best = Run(new FakeBench())[0] is var first ? new(first.Work, first.Tokens, first.Ranking[0].Candidate) : default;
        File.Delete(LogPath);

        WorkResult result = Run(new FakeBench { Wrong = { best } })[0];

        result.Ranking[0].Candidate.ShouldNotBe(best.Candidate);
        result.Outcomes.Select(o => o.Outcome).OfType<CandidateOutcome.Disqualified>().ShouldHaveSingleItem().Reason.ShouldBe("wrong");
    }

    [Fact]
    public void Without_the_rules_candidate_there_is_nothing_to_compare_with()
    {
        var bench = new FakeBench { Wrong = { s_jobs[0].Key } };
        WorkResult result = Run(bench)[0];
        result.Ranking.ShouldBeEmpty();
        result.Outcomes.ShouldAllBe(o => o.Outcome is CandidateOutcome.Disqualified);
        bench.Measured.Count(k => k.Work == result.Work && k.Tokens == result.Tokens).ShouldBe(1);
    }

    [Fact]
    public void A_run_that_was_killed_goes_on_where_it_was()
    {
        IReadOnlyList<WorkResult> whole = Run(new FakeBench());
        File.Delete(LogPath);
        var first = new FakeBench { KilledAfter = 7 };
        Should.Throw<OperationCanceledException>(() => Run(first));
        // The last line was cut off in the middle.
        File.AppendAllText(LogPath, "{\"work\":\"ws4_as4");

        var second = new FakeBench();
        IReadOnlyList<WorkResult> results = Run(second);

        second.Measured.Count.ShouldBe(s_jobs.Count - 7);
        second.Measured.ShouldNotContain(first.Measured[0]);
        results.Select(r => r.Ranking[0]).ShouldBe(whole.Select(r => r.Ranking[0]));
        var third = new FakeBench();
        Run(third);
        third.Measured.ShouldBeEmpty();
    }

    [Fact]
    public void A_candidate_that_ends_two_runs_is_left_out()
    {
        TuningKey deadly = s_jobs[2].Key;
        Should.Throw<TuningInterruptedException>(() => Run(new FakeBench { Deadly = deadly })).Message.ShouldContain(deadly.ToString());
        Should.Throw<TuningInterruptedException>(() => Run(new FakeBench { Deadly = deadly }));

        WorkResult result = Run(new FakeBench { Deadly = deadly }).First(r => r.Work == deadly.Work);

        result.Outcomes.Single(o => o.Candidate == deadly.Candidate).Outcome
            .ShouldBeOfType<CandidateOutcome.Disqualified>().Reason.ShouldBe("2 runs ended while it was measured");
    }

    [Fact]
    public void Times_of_another_gpu_are_not_mixed_in_but_those_of_another_day_are()
    {
        Run(new FakeBench());
        var sameGpu = new FakeBench();
        Run(sameGpu, s_stamp with { Date = "2026-11-26" });
        sameGpu.Measured.ShouldBeEmpty();
        var otherGpu = new FakeBench();
        Run(otherGpu, s_stamp with { Driver = "13.1" });
        otherGpu.Measured.Count.ShouldBe(s_jobs.Count);
    }

    [Fact]
    public void A_file_that_is_no_log_is_not_written_over()
    {
        File.WriteAllText(LogPath, "my notes\n");
        Should.Throw<ModelCompiler.Runtime.ModelCompilerException>(() => Run(new FakeBench())).Message.ShouldContain(LogPath);
        File.ReadAllText(LogPath).ShouldBe("my notes\n");
    }

    [Fact]
    public void Times_of_kernels_that_have_changed_are_taken_again()
    {
        Run(new FakeBench());
        string version = KernelVersion.Of([s_jobs[0].Candidate.First])[0];
        File.WriteAllText(LogPath, File.ReadAllText(LogPath).Replace(version, "resident_gemm:0000000000000000"));

        var again = new FakeBench();
        Run(again);

        again.Measured.ShouldBe(s_jobs.Where(j => j.Kernels.Contains(version)).Select(j => j.Key));
        again.Measured.Count.ShouldBeInRange(1, s_jobs.Count - 1);
    }

    private IReadOnlyList<WorkResult> Run(ICandidateBench bench, TuningStamp? stamp = null)
    {
        using var log = TuningLog.Open(LogPath, stamp ?? s_stamp);
        return TuningRun.Run(s_jobs, log, bench, _ => { });
    }

    private static IReadOnlyList<TuningJob> Jobs()
    {
        var int4 = new LinearPrecision(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken));
        EncoderModel model = TinyEncoder.Descriptor.Model with { HiddenSize = 768, AttentionHeads = 12, IntermediateSize = 3072, Layers = 12 };
        return TuningJob.All([(TuningSubject.Of(model, QuantizationScheme.Uniform(int4), GpuArch.Sm90a, 128), new(32))]);
    }

    /// <summary>A later candidate is the faster.</summary>
    private sealed class FakeBench : ICandidateBench
    {
        public List<TuningKey> Measured { get; } = [];

        public HashSet<TuningKey> Wrong { get; } = [];

        public TuningKey? Deadly { get; init; }

        public int KilledAfter { get; init; } = int.MaxValue;

        public CandidateOutcome Measure(TuningJob job)
        {
            if (job.Key == Deadly)
                throw new TuningInterruptedException(job.Key.ToString(), "a crash");
            if (Measured.Count == KilledAfter)
                throw new OperationCanceledException();
            Measured.Add(job.Key);
            int place = s_jobs.ToList().IndexOf(job);
            return Wrong.Contains(job.Key) ? new CandidateOutcome.Disqualified("wrong") : new CandidateOutcome.Measured(10_000 - 20 * place, 0.5);
        }
    }
}
