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

/// <summary>
/// Chooses kernels by the time of the whole encoder. A kernel that is the fastest by itself need not make the encoder
/// faster: what it leaves in the cache, and how it makes room for the next one, count too. So each part in turn tries its
/// candidates inside the whole, and keeps what makes that faster by more than the noise.
/// </summary>
/// <param name="bench">Measures.</param>
internal sealed class EncoderSearch(LoggedEncoderBench bench)
{
    /// <summary>Rounds of a part's candidates, and of the last comparison, whose times go into the database.</summary>
    private const int Rounds = 11, LastRounds = 21;

    /// <summary>Steps of a search, for progress.</summary>
    public static int Steps(IReadOnlyList<PartSwaps> parts) => parts.Count + 1;

    /// <summary>What a search may measure but for combinations, which have no other kernels.</summary>
    public static IEnumerable<EncoderVariant> Variants(TuningSubject subject, IReadOnlyList<PartSwaps> parts) =>
        parts.SelectMany(p => p.Swaps).Select(s => s.Choices).Prepend(default).Select(choices => new EncoderVariant(subject, choices));

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
            PairedGain.Median(times[best]), PairedGain.Spread(times[best])) { Kernels = KernelVersion.Of([.. Variant(subject, []).Kernels(tokens), .. Variant(subject, chosen).Kernels(tokens)]) });
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

    private double[][]? Measure(TuningSubject subject, int tokens, IReadOnlyList<IReadOnlyList<(string Part, PartSwap Swap)>> variants, int rounds) =>
        bench.Measure(tokens, [.. variants.Select(v => Variant(subject, v))], rounds);

    private static EncoderVariant Variant(TuningSubject subject, IEnumerable<(string Part, PartSwap Swap)> swaps) =>
        new(subject, swaps.SelectMany(s => s.Swap.Choices).ToEquatableArray());
}
