using ModelCompiler.Core;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Tool.Tuning;

/// <summary>The fastest scheme of a bucket.</summary>
/// <param name="Tokens">Bucket.</param>
/// <param name="Scheme">Precisions of the four parts.</param>
/// <param name="MedianUs">Time of the whole encoder so.</param>
/// <param name="CheckpointUs">Time in the checkpoint's own precisions, taken in turn with it.</param>
internal sealed record StrategyResult(int Tokens, QuantizationScheme Scheme, double MedianUs, double CheckpointUs)
{
    /// <summary>Versions of the kernels that both were measured with.</summary>
    public EquatableArray<string> Kernels { get; init; }
}

/// <summary>Schemes that are measured in turn.</summary>
/// <param name="Tokens">Bucket.</param>
/// <param name="Schemes">The checkpoint's own first.</param>
internal sealed record SchemeTrial(int Tokens, IReadOnlyList<QuantizationScheme> Schemes);

/// <summary>
/// Finds the fastest precision of each part for each bucket by whole-encoder times (Wu et al. (2023), section 4: the best
/// of the partial strategies). Each part is changed by itself, and all of them together; what gained by itself is then
/// combined and measured too, because a part's precision decides also what the part ahead stores.
/// </summary>
/// <param name="buckets">Rising.</param>
/// <param name="measure">
/// Takes the times of trials: microseconds by trial, scheme and round; null for a trial that could not be measured.
/// </param>
internal sealed class StrategySearch(EquatableArray<int> buckets, Func<IReadOnlyList<SchemeTrial>, IReadOnlyList<double[][]?>> measure)
{
    /// <summary>Schemes of a trial beside the checkpoint's: the weights of all of them are in memory at once.</summary>
    private const int TrialSize = 5;

    private readonly Dictionary<(int Tokens, QuantizationScheme Scheme), (double MedianUs, double CheckpointUs, PairedGain Gain)> _gains = [];

    /// <summary>Searches. What gains most wins, if that is more than 1 % and more than the noise.</summary>
    /// <param name="checkpoint">What the weights were made for.</param>
    /// <param name="offered">Precisions to try, those that are not allowed for the checkpoint among them.</param>
    /// <returns>The fastest scheme of each bucket that could be measured.</returns>
    public IReadOnlyList<StrategyResult> Run(QuantizationScheme checkpoint, IReadOnlyCollection<LinearPrecision> offered)
    {
        QuantizationScheme[] changed = [.. Alternatives(checkpoint, offered).Concat(Uniform(checkpoint, offered)).Distinct().Where(s => s != checkpoint)];
        // Buckets inside, so that weights are loaded once.
        Try([.. from some in changed.Chunk(TrialSize) from tokens in buckets select new SchemeTrial(tokens, [checkpoint, .. some])]);
        Try(
        [
            .. from tokens in buckets
               let combined = Combined(checkpoint, offered, tokens)
               where combined != checkpoint && !_gains.ContainsKey((tokens, combined))
               select new SchemeTrial(tokens, [checkpoint, combined]),
        ]);
        return Best(checkpoint);
    }

    /// <summary>
    /// Measures the found schemes against the checkpoint's once more; what does not gain again is dropped. Where the checkpoint's
    /// was the fastest, its time is taken anew.
    /// </summary>
    public IReadOnlyList<StrategyResult> Confirm(QuantizationScheme checkpoint, IReadOnlyList<StrategyResult> found)
    {
        _gains.Clear();
        Try([.. found.Select(f => new SchemeTrial(f.Tokens, f.Scheme == checkpoint ? [checkpoint, checkpoint] : [checkpoint, f.Scheme]))]);
        return Best(checkpoint);
    }

    /// <summary>The checkpoint's scheme, then all parts in the next precision that is allowed for them, and so on.</summary>
    public static IEnumerable<QuantizationScheme> Uniform(QuantizationScheme checkpoint)
    {
        EquatableArray<LinearPrecision>[] allowed = [.. QuantizationScheme.Parts.Select(part => AllowedPrecisions.For(checkpoint[part]))];
        return Enumerable.Range(0, allowed.Max(a => a.Count)).Select(i => new QuantizationScheme(At(0, i), At(1, i), At(2, i), At(3, i)));

        LinearPrecision At(int part, int index) => allowed[part][Math.Min(index, allowed[part].Count - 1)];
    }

    /// <summary>Schemes with one part in another precision.</summary>
    public static IEnumerable<QuantizationScheme> Alternatives(QuantizationScheme checkpoint, IReadOnlyCollection<LinearPrecision> offered) =>
        QuantizationScheme.Parts.SelectMany(part => Alternatives(checkpoint, offered, part));

    private static IEnumerable<QuantizationScheme> Alternatives(
        QuantizationScheme checkpoint, IReadOnlyCollection<LinearPrecision> offered, EncoderPart part) =>
        from precision in AllowedPrecisions.For(checkpoint[part]).Skip(1)
        where offered.Contains(precision)
        select With(checkpoint, part, precision);

    /// <summary>Schemes with all parts in other precisions that are offered.</summary>
    private static IEnumerable<QuantizationScheme> Uniform(QuantizationScheme checkpoint, IReadOnlyCollection<LinearPrecision> offered) =>
        Uniform(checkpoint).Where(s => QuantizationScheme.Parts.All(part => s[part] == checkpoint[part] || offered.Contains(s[part])));

    /// <summary>Every part in the precision that gained the most by itself.</summary>
    private QuantizationScheme Combined(QuantizationScheme checkpoint, IReadOnlyCollection<LinearPrecision> offered, int tokens)
    {
        QuantizationScheme combined = checkpoint;
        foreach (EncoderPart part in QuantizationScheme.Parts)
        {
            QuantizationScheme? best = Alternatives(checkpoint, offered, part)
                .Where(s => _gains.TryGetValue((tokens, s), out var known) && known.Gain.IsReal)
                .MaxBy(s => _gains[(tokens, s)].Gain.Share);
            if (best is not null)
                combined = With(combined, part, best[part]);
        }

        return combined;
    }

    private IReadOnlyList<StrategyResult> Best(QuantizationScheme checkpoint) =>
    [
        .. from g in _gains
           group g by g.Key.Tokens into bucket
           orderby bucket.Key
           select bucket.Where(g => g.Value.Gain.IsReal && g.Value.Gain.Share > WorkResult.LeastGain).ToArray() is { Length: > 0 } faster
               ? Result(faster.MaxBy(g => g.Value.Gain.Share))
               : new(bucket.Key, checkpoint, bucket.First().Value.CheckpointUs, bucket.First().Value.CheckpointUs),
    ];

    private static StrategyResult Result(KeyValuePair<(int Tokens, QuantizationScheme Scheme), (double MedianUs, double CheckpointUs, PairedGain Gain)> best) =>
        new(best.Key.Tokens, best.Key.Scheme, best.Value.MedianUs, best.Value.CheckpointUs);

    private void Try(IReadOnlyList<SchemeTrial> trials)
    {
        if (trials.Count == 0)
            return;
        foreach ((SchemeTrial trial, double[][]? times) in trials.Zip(measure(trials)))
        {
            for (int i = 1; times is not null && i < times.Length; i++)
                _gains[(trial.Tokens, trial.Schemes[i])] = (PairedGain.Median(times[i]), PairedGain.Median(times[0]), PairedGain.Of(times[i], times[0]));
        }
    }

    private static QuantizationScheme With(QuantizationScheme scheme, EncoderPart part, LinearPrecision precision) => part switch
    {
        EncoderPart.Qkv => scheme with { Qkv = precision },
        EncoderPart.AttentionOutput => scheme with { AttentionOutput = precision },
        EncoderPart.MlpIntermediate => scheme with { MlpIntermediate = precision },
        _ => scheme with { MlpOutput = precision },
    };
}
