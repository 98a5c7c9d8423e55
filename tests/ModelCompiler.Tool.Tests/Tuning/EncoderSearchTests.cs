using ModelCompiler.Core;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Tool.Tuning;

namespace ModelCompiler.Tool.Tests.Tuning;

/// <summary>The choice of kernels by whole encoders' times, around a bench that needs no GPU.</summary>
public sealed class EncoderSearchTests : IDisposable
{
    private const int Tokens = 32;

    private static readonly TuningStamp s_stamp = new("GPU", "9.0", 132, "13.0", "12.4", "2026-11-25");
    private static readonly TuningSubject s_subject = Subject();
    private static readonly IReadOnlyList<(KernelWork Work, int Op)> s_works = KernelWork.AllOf(s_subject.Plan, GpuArch.Sm90a, Tokens);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string LogPath => _folder.File("tune.log");

    [Fact]
    public void Parts_offer_their_fastest_candidates_and_those_first_that_promise_most()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        parts.Select(p => p.Part).ShouldBe(["mlp-output", "mlp-intermediate", "attention-output", "attention", "qkv"]);
        foreach (PartSwaps part in parts)
        {
            part.Swaps.Count.ShouldBe(6);
            part.Swaps.Select(s => s.Candidate).ShouldBeUnique();
            part.BestUs.ShouldBeLessThan(part.RuleUs);
        }

        // The last layer's output is a work of its own, which the same candidate does.
        parts[0].Swaps[0].Choices.Select(c => c.Work).ShouldBe([s_works[4].Work.Name, s_works[5].Work.Name]);
        parts[4].Swaps[0].Choices.ShouldHaveSingleItem().ShouldBe(new(GpuArch.Sm90a, Tokens, s_works[0].Work.Name, parts[4].Swaps[0].Candidate));
    }

    [Fact]
    public void A_candidate_that_is_slow_by_itself_is_no_swap()
    {
        WorkResult[] results = Works();
        results[0] = results[0] with { Outcomes = [.. results[0].Outcomes.Select((o, i) => (o.Candidate, (CandidateOutcome)new CandidateOutcome.Measured(i == 0 ? 10 : 11.6, 0)))] };
        Parts(results).Select(p => p.Part).ShouldNotContain("qkv");
    }

    [Fact]
    public void What_helps_the_whole_is_kept_and_what_is_the_fastest_by_itself_is_not()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        PartSwaps output = parts[0], qkv = parts[4];
        var bench = new FakeBench
        {
            GainUs =
            {
                [output.Swaps[0].Candidate] = -12, [output.Swaps[2].Candidate] = 5, [qkv.Swaps[0].Candidate] = 9, [qkv.Swaps[1].Candidate] = 10,
            },
        };

        EncoderResult result = Run(bench, parts).ShouldNotBeNull();

        result.Kept.ShouldBe([("mlp-output", output.Swaps[2]), ("qkv", qkv.Swaps[1])]);
        result.Times.RulesUs.ShouldBe(300, 0.5);
        result.Times.TunedUs.ShouldBe(285, 0.5);
        result.FastestUs.ShouldBe(303, 0.5);
        (result.Times.Model, result.Times.Tokens, result.Times.Sequence).ShouldBe(("h768_i3072_a12_l12", Tokens, 128));
        result.Times.Kernels.ShouldContain(v => v.StartsWith("embedding:", StringComparison.Ordinal));
        // Each part's six against what it has, twice; then the rules' against both.
        bench.Variants.ShouldBe([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3]);
    }

    [Fact]
    public void A_second_pass_tries_again_beside_what_the_first_has_kept()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        string early = parts[0].Swaps[1].Candidate, late = parts[4].Swaps[1].Candidate;
        var bench = new FakeBench { GainUs = { [early] = 4, [late] = 6 }, PairUs = ((early, late), -9) };
        EncoderResult result = Run(bench, parts).ShouldNotBeNull();
        // The second helps alone, but not beside the first, which therefore stays alone.
        result.Kept.ShouldBe([("mlp-output", parts[0].Swaps[1])]);

        File.Delete(LogPath);
        bench = new FakeBench { GainUs = { [early] = 4, [late] = -1 }, PairUs = ((early, late), 6) };
        Run(bench, parts).ShouldNotBeNull().Kept.Select(k => k.Part).ShouldBe(["mlp-output", "qkv"]);

        File.Delete(LogPath);
        bench = new FakeBench { GainUs = { [early] = -1, [late] = 4 }, PairUs = ((early, late), 6) };
        Run(bench, parts).ShouldNotBeNull().Kept.Select(k => k.Part).ShouldBe(["mlp-output", "qkv"]);
    }

    [Fact]
    public void Where_the_first_pass_keeps_nothing_there_is_no_second()
    {
        var bench = new FakeBench();
        Run(bench, Parts()).ShouldNotBeNull().Kept.ShouldBeEmpty();
        bench.Variants.ShouldBe([7, 7, 7, 7, 7, 3]);
    }

    [Theory]
    [InlineData(0.5, 0)] // too small for any noise
    [InlineData(6, 20)] // within the noise of the rounds
    public void A_gain_that_is_noise_leaves_the_rules(double gain, double noise)
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        var bench = new FakeBench { GainUs = { [parts[1].Swaps[0].Candidate] = gain }, NoiseUs = noise };
        EncoderResult result = Run(bench, parts).ShouldNotBeNull();
        result.Kept.ShouldBeEmpty();
        result.Choices.ShouldBeEmpty();
        result.Times.TunedUs.ShouldBe(result.Times.RulesUs);
    }

    [Fact]
    public void A_drift_of_the_clock_is_no_gain()
    {
        EncoderResult result = Run(new FakeBench { DriftUs = 3 }, Parts()).ShouldNotBeNull();
        result.Kept.ShouldBeEmpty();
    }

    [Fact]
    public void Kernels_that_only_help_together_are_found()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        var bench = new FakeBench { TogetherUs = 15 };
        EncoderResult result = Run(bench, parts).ShouldNotBeNull();
        result.Kept.Select(k => k.Swap).ShouldBe(parts.Select(p => p.Swaps[0]));
        result.Times.TunedUs.ShouldBe(285, 0.5);
    }

    [Fact]
    public void A_search_that_was_killed_goes_on_where_it_was()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        FakeBench Bench(int killedAfter) => new() { GainUs = { [parts[0].Swaps[1].Candidate] = 8 }, KilledAfter = killedAfter };
        EncoderResult whole = Run(Bench(int.MaxValue), parts).ShouldNotBeNull();
        File.Delete(LogPath);
        Should.Throw<OperationCanceledException>(() => Run(Bench(2), parts));

        FakeBench second = Bench(int.MaxValue);
        EncoderResult result = Run(second, parts).ShouldNotBeNull();

        // Three more parts; in the second pass the one that is changed, beside which the others were tried already; the last comparison.
        second.Variants.ShouldBe([7, 7, 7, 7, 3]);
        result.Kept.ShouldBe(whole.Kept);
        result.Times.ShouldBe(whole.Times);
    }

    [Fact]
    public void A_part_that_ends_two_runs_keeps_the_rules_kernel()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        KernelChoice deadly = parts[1].Swaps[2].Choices[0];
        for (int run = 0; run < 2; run++)
            Should.Throw<TuningInterruptedException>(() => Run(new FakeBench { Deadly = deadly }, parts)).Message.ShouldContain(deadly.Candidate);

        var third = new FakeBench { Deadly = deadly, GainUs = { [parts[4].Swaps[0].Candidate] = 8 } };
        Run(third, parts).ShouldNotBeNull().Kept.ShouldBe([("qkv", parts[4].Swaps[0])]);
    }

    [Fact]
    public void Only_what_helped_goes_into_the_database_with_both_times()
    {
        IReadOnlyList<PartSwaps> parts = Parts();
        EncoderResult result = Run(new FakeBench { GainUs = { [parts[0].Swaps[1].Candidate] = 8 } }, parts).ShouldNotBeNull();
        TuningEntry[] before = [.. s_works.Take(2).Select(w => Current(new(w.Work.Name, Tokens, "old", 1, 0)))];
        TuningEntry other = Current(new("another model's", Tokens, "c", 1, 0)), stale = other with { Work = "v", Kernels = new("rows:0000000000000000") };
        var earlier = new TuningDatabase(
            s_stamp with { Date = "2026-01-01" }, new([.. before, other, stale]), default, new(result.Times with { RulesUs = 1 }, result.Times with { Tokens = 64 }));

        TuningDatabase database = TuningMerge.Database(s_stamp, Works(), [result], earlier);

        database.Entries.Select(e => (e.Work, e.Candidate)).ShouldBe(
        [
            (other.Work, "c"), (s_works[5].Work.Name, parts[0].Swaps[1].Candidate), (s_works[4].Work.Name, parts[0].Swaps[1].Candidate),
        ]);
        database.Entries.ShouldAllBe(e => e.IsCurrent && e.Kernels.Count > 0);
        database.Encoders.ShouldBe(new(result.Times, result.Times with { Tokens = 64 }));
        TuningDatabase.Parse(database.ToJson()).Errors.ShouldBeEmpty();
        // Of another compiler nothing stays.
        TuningMerge.Database(s_stamp, Works(), [result], earlier with { Stamp = s_stamp with { Compiler = "13.0" } }).Entries.ShouldNotContain(other);
        // What the search keeps is what the generator takes.
        TunedKernels.Choose(s_subject.Plan, new(new(Tokens), 32), GpuArch.Sm90a, database with { Encoders = default }).Choices.Order(Comparer<KernelChoice>.Create((a, b) => string.CompareOrdinal(a.Work, b.Work)))
            .ShouldBe(result.Choices.OrderBy(c => c.Work, StringComparer.Ordinal));
    }

    private static TuningEntry Current(TuningEntry entry) => entry with { Kernels = ModelCompiler.Core.Rendering.KernelVersion.Of(s_works[0].Work.Rule(GpuArch.Sm90a, Tokens).Kernels) };

    private EncoderResult? Run(FakeBench bench, IReadOnlyList<PartSwaps> parts)
    {
        using var log = TuningLog.Open(LogPath, s_stamp);
        long steps = 0;
        EncoderResult? result = new EncoderSearch(new(bench, log)).Run(s_subject, Tokens, parts, done => steps += done);
        steps.ShouldBe(EncoderSearch.Steps(parts));
        return result;
    }

    private static IReadOnlyList<PartSwaps> Parts(WorkResult[]? works = null) =>
        PartSwaps.Of(s_subject, Tokens, (works ?? Works()).ToDictionary(w => (w.Work, w.Tokens)));

    /// <summary>Of each work the later candidates are the faster, and of a later part more so.</summary>
    private static WorkResult[] Works() => [.. s_works.Select((w, place) => Result(w.Work, place))];

    private static WorkResult Result(KernelWork work, int place)
    {
        IReadOnlyList<KernelCandidate> candidates = work.Candidates(GpuArch.Sm90a, Tokens);
        return new(work.Name, Tokens, candidates[0].Token,
            [.. candidates.Select((c, i) => (c.Token, (CandidateOutcome)new CandidateOutcome.Measured(10 - 0.5 * (1 + place) * i / candidates.Count, 0.1)))]);
    }

    private static TuningSubject Subject()
    {
        var int4 = new LinearPrecision(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken));
        EncoderModel model = TinyEncoder.Descriptor.Model with
        {
            HiddenSize = 768, AttentionHeads = 12, IntermediateSize = 3072, Layers = 12, MaxPositions = 512,
        };
        return TuningSubject.Of(model, QuantizationScheme.Uniform(int4), GpuArch.Sm90a, 128);
    }

    /// <summary>300 microseconds, less what the candidates of a variant gain.</summary>
    private sealed class FakeBench : IEncoderBench
    {
        public Dictionary<string, double> GainUs { get; } = [];

        /// <summary>Gain of a variant that takes no rules' kernel at all.</summary>
        public double TogetherUs { get; init; }

        /// <summary>What two candidates gain together beyond what each does.</summary>
        public ((string First, string Second) Candidates, double Gain)? PairUs { get; init; }

        /// <summary>Range of what each time is off by.</summary>
        public double NoiseUs { get; init; }

        /// <summary>What each round is slower than the one ahead.</summary>
        public double DriftUs { get; init; }

        public KernelChoice? Deadly { get; init; }

        public int KilledAfter { get; init; } = int.MaxValue;

        /// <summary>Variants of each measurement.</summary>
        public List<int> Variants { get; } = [];

        public double[][] Measure(int tokens, IReadOnlyList<EncoderVariant> variants, int rounds, string measured)
        {
            if (Variants.Count == KilledAfter)
                throw new OperationCanceledException();
            if (variants.Any(v => v.Choices.Any(c => c == Deadly)))
                throw new TuningInterruptedException(measured, "a crash");
            Variants.Add(variants.Count);
            var random = new Random(1);
            return
            [
                .. variants.Select(v =>
                {
                    double time = 300 - v.Choices.Select(c => c.Candidate).Distinct().Sum(c => GainUs.GetValueOrDefault(c)) - (v.Choices.Count == 6 ? TogetherUs : 0);
                    if (PairUs is { } pair && v.Choices.Any(c => c.Candidate == pair.Candidates.First) && v.Choices.Any(c => c.Candidate == pair.Candidates.Second))
                        time -= pair.Gain;
                    return Enumerable.Range(0, rounds).Select(round => time + DriftUs * round + NoiseUs * (random.NextDouble() - 0.5)).ToArray();
                }),
            ];
        }
    }
}
