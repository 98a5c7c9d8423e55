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
/// candidates inside the whole, and keeps what makes that faster by more than the noise. A second pass tries them again beside
/// what the first has kept.
/// </summary>
/// <param name="bench">Measures.</param>
internal sealed class EncoderSearch(LoggedEncoderBench bench)
{
    /// <summary>Rounds of a part's candidates, and of the last comparison, whose times go into the database.</summary>
    private const int Rounds = 11, LastRounds = 21;

    private const int Passes = 2;

    /// <summary>Steps of a search, for progress.</summary>
    public static int Steps(IReadOnlyList<PartSwaps> parts) => Passes * parts.Count + 1;

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
        var state = new PartSwap?[parts.Count]; // null: the rules' kernel
        var lost = new HashSet<int>(); // parts of which some candidate has ended runs
        bool changed = true;
        for (int pass = 0; pass < Passes; pass++)
        {
            bool again = changed;
            changed = false;
            for (int part = 0; part < parts.Count; part++)
            {
                changed |= again && !lost.Contains(part) && Improve(subject, tokens, parts, state, part, lost);
                advance(1);
            }
        }

        IReadOnlyList<(string Part, PartSwap Swap)> kept = [.. parts.Zip(state).Where(p => p.Second is not null).Select(p => (p.First.Part, p.Second!))];
        // The kernels that are the fastest by themselves may help each other although none helps alone.
        (string Part, PartSwap Swap)[] fastest = [.. parts.Where(p => p.BestUs < p.RuleUs).Select(p => (p.Part, p.Swaps[0]))];
        double[][]? times = Measure(subject, tokens, [[], [.. kept.Select(k => k.Swap)], [.. fastest.Select(f => f.Swap)]], LastRounds);
        advance(1);
        if (times is null)
            return null;
        int best = PairedGain.Of(times[2], times[1]).IsReal ? 2 : 1;
        if (!PairedGain.Of(times[best], times[0]).IsReal)
            best = 0;
        IReadOnlyList<(string Part, PartSwap Swap)> chosen = best switch { 0 => [], 1 => kept, _ => fastest };
        IEnumerable<KernelPlan> kernels = Variant(subject, []).Kernels(tokens).Concat(Variant(subject, chosen.Select(c => c.Swap)).Kernels(tokens));
        return new(subject, tokens, chosen, PairedGain.Median(times[2]), new(
            subject.ModelKey, TuningStrategy.Texts(subject.Plan.Scheme), tokens, subject.Sequence, PairedGain.Median(times[0]),
            PairedGain.Median(times[best]), PairedGain.Spread(times[best])) { Kernels = KernelVersion.Of(kernels) });
    }

    /// <summary>Gives a part the kernel that makes the whole the fastest; false where it has that already.</summary>
    private bool Improve(TuningSubject subject, int tokens, IReadOnlyList<PartSwaps> parts, PartSwap?[] state, int part, HashSet<int> lost)
    {
        PartSwap?[] options = [state[part], .. parts[part].Swaps.Prepend(null).Where(swap => swap != state[part])];
        IReadOnlyList<PartSwap>[] variants = [.. options.Select(option => state.Select((swap, i) => i == part ? option : swap).OfType<PartSwap>().ToArray())];
        if (Measure(subject, tokens, variants, Rounds) is not { } times)
        {
            lost.Add(part);
            return false;
        }

        (PartSwap? Swap, PairedGain Gain)[] faster =
            [.. options.Zip(times).Skip(1).Select(o => (o.First, Gain: PairedGain.Of(o.Second, times[0]))).Where(o => o.Gain.IsReal)];
        if (faster.Length == 0)
            return false;
        state[part] = faster.MaxBy(o => o.Gain.Share).Swap;
        return true;
    }

    private double[][]? Measure(TuningSubject subject, int tokens, IReadOnlyList<IReadOnlyList<PartSwap>> variants, int rounds) =>
        bench.Measure(tokens, [.. variants.Select(v => Variant(subject, v))], rounds);

    private static EncoderVariant Variant(TuningSubject subject, IEnumerable<PartSwap> swaps) =>
        new(subject, swaps.SelectMany(s => s.Choices).ToEquatableArray());
}
