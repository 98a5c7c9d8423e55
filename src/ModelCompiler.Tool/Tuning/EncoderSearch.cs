using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Tool.Tuning;

/// <summary>What a bucket of a whole encoder gains by its candidates.</summary>
/// <param name="Subject">The encoder.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Kept">Candidates that made the whole faster than the rules', by part.</param>
/// <param name="FastestUs">Time of the whole with the kernel of every part that is the fastest by itself.</param>
/// <param name="Times">Times with the rules' kernels and with what is kept.</param>
internal sealed record EncoderResult(
    TuningSubject Subject, int Tokens, IReadOnlyList<(string Part, PartSwap Swap)> Kept, double FastestUs, TuningEncoder Times)
{
    /// <summary>Candidates to take instead of the rules'.</summary>
    public EquatableArray<KernelChoice> Choices => Kept.SelectMany(k => k.Swap.Choices).ToEquatableArray();
}

/// <summary>Names a measurement of an encoder's variants in the log.</summary>
/// <param name="Encoder">Sizes and precisions.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Variants">Choices of each variant, as text.</param>
/// <param name="Kernels">Versions of all their kernels.</param>
internal sealed record EncoderKey(string Encoder, int Tokens, string[][] Variants, string[] Kernels)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Encoder} at {Tokens} tokens with {string.Join(" or with ", Variants.Select(v => v.Length == 0 ? "the rules' kernels" : string.Join(", ", v)))}";
}

/// <summary>Measures whole encoders.</summary>
internal interface IEncoderBench
{
    /// <summary>Takes the times of variants in turn, round after round.</summary>
    /// <param name="subject">The encoder.</param>
    /// <param name="tokens">Bucket.</param>
    /// <param name="variants">Candidates that each takes in place of the rules'.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="measured">What is measured, for errors.</param>
    /// <returns>Microseconds of a replay, by variant and round.</returns>
    /// <exception cref="TuningInterruptedException">The GPU no longer works.</exception>
    double[][] Measure(TuningSubject subject, int tokens, IReadOnlyList<EquatableArray<KernelChoice>> variants, int rounds, string measured);
}

/// <summary>
/// Chooses kernels by the time of the whole encoder. A kernel that is the fastest by itself need not make the encoder
/// faster: what it leaves in the cache, and how it makes room for the next one, count too. So each part in turn tries its
/// candidates inside the whole, and keeps what makes that faster by more than the noise.
/// </summary>
/// <param name="bench">Measures.</param>
/// <param name="log">What was measured, which the search adds to.</param>
internal sealed class EncoderSearch(IEncoderBench bench, TuningLog log)
{
    /// <summary>Rounds of a part's candidates, and of the last comparison, whose times go into the database.</summary>
    private const int Rounds = 11, LastRounds = 21;

    /// <summary>Steps of a search, for progress.</summary>
    public static int Steps(IReadOnlyList<PartSwaps> parts) => parts.Count + 1;

    /// <summary>Searches a bucket.</summary>
    /// <param name="subject">The encoder.</param>
    /// <param name="tokens">Bucket.</param>
    /// <param name="parts">What to try.</param>
    /// <param name="advance">Told of each step.</param>
    /// <returns>Null where the whole could not be measured.</returns>
    public EncoderResult? Run(TuningSubject subject, int tokens, IReadOnlyList<PartSwaps> parts, Action<long> advance)
    {
        var kept = new List<(string Part, PartSwap Swap)>();
        foreach (PartSwaps part in parts)
        {
            if (Best(subject, tokens, kept, part) is { } swap)
                kept.Add((part.Part, swap));
            advance(1);
        }

        // The kernels that are the fastest by themselves may help each other although none helps alone.
        (string Part, PartSwap Swap)[] fastest = [.. parts.Where(p => p.BestUs < p.RuleUs).Select(p => (p.Part, p.Swaps[0]))];
        double[][]? times = Measure(subject, tokens, [[], kept, fastest], LastRounds);
        advance(1);
        if (times is null)
            return null;
        int best = PairedGain.Of(times[2], times[1]).IsReal ? 2 : 1;
        if (!PairedGain.Of(times[best], times[0]).IsReal)
            best = 0;
        IReadOnlyList<(string, PartSwap)> chosen = best switch { 0 => [], 1 => kept, _ => fastest };
        return new(subject, tokens, chosen, PairedGain.Median(times[2]), new(
            subject.ModelKey, TuningStrategy.Texts(subject.Plan.Scheme), tokens, subject.Sequence, PairedGain.Median(times[0]),
            PairedGain.Median(times[best]), PairedGain.Spread(times[best])) { Kernels = Versions(subject, tokens, [[], chosen]) });
    }

    /// <summary>The candidate of a part that makes the whole the fastest; null where none is faster than what the part has.</summary>
    private PartSwap? Best(TuningSubject subject, int tokens, List<(string Part, PartSwap Swap)> kept, PartSwaps part)
    {
        double[][]? times = Measure(subject, tokens, [kept, .. part.Swaps.Select(swap => (IReadOnlyList<(string, PartSwap)>)[.. kept, (part.Part, swap)])], Rounds);
        if (times is null)
            return null;
        int best = Enumerable.Range(1, part.Swaps.Count).MaxBy(i => PairedGain.Of(times[i], times[0]).Share);
        return PairedGain.Of(times[best], times[0]).IsReal ? part.Swaps[best - 1] : null;
    }

    /// <summary>Times from the log, else from the GPU; null for what has ended runs.</summary>
    private double[][]? Measure(TuningSubject subject, int tokens, IReadOnlyList<IReadOnlyList<(string Part, PartSwap Swap)>> variants, int rounds)
    {
        var key = new EncoderKey(
            $"{subject.ModelKey} {string.Join(" ", TuningStrategy.Texts(subject.Plan.Scheme))} s{subject.Sequence}", tokens,
            [.. variants.Select(v => v.Select(s => $"{s.Part} {s.Swap.Candidate}").ToArray())], [.. Versions(subject, tokens, variants)]);
        if (log.Find(key) is { } known)
            return known;
        if (log.HasEndedRuns(key.ToString()))
            return null;
        log.Begin(key);
        double[][] times = bench.Measure(
            subject, tokens, [.. variants.Select(v => v.SelectMany(s => s.Swap.Choices).ToEquatableArray())], rounds, key.ToString());
        log.End(key, times);
        return times;
    }

    private static EquatableArray<string> Versions(TuningSubject subject, int tokens, IEnumerable<IEnumerable<(string Part, PartSwap Swap)>> variants) =>
        KernelVersion.Of(variants.SelectMany(v => subject.Schedule(subject.Plan, tokens, v.SelectMany(s => s.Swap.Choices).ToEquatableArray())
            .Launches.Select(l => l.Kernel)));
}
