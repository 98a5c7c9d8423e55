using ModelCompiler.Core;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Tool.Tuning;

/// <summary>The fastest scheme of a bucket.</summary>
/// <param name="Tokens">Bucket.</param>
/// <param name="Scheme">Precisions of the four parts.</param>
/// <param name="MedianUs">Time of the whole encoder so.</param>
/// <param name="CheckpointUs">Time in the checkpoint's own precisions.</param>
internal sealed record StrategyResult(int Tokens, QuantizationScheme Scheme, double MedianUs, double CheckpointUs)
{
    /// <summary>Versions of the kernels that both were measured with.</summary>
    public EquatableArray<string> Kernels { get; init; }
}

/// <summary>
/// Finds the fastest precision of each part for each bucket by whole-encoder times (Wu et al. (2023), section 4: the best
/// of the partial strategies). Parts hardly influence each other's times, so changing one at a time finds the best
/// combination; that is then measured itself.
/// </summary>
/// <param name="buckets">Rising.</param>
/// <param name="measure">Takes the time of a scheme at every bucket, microseconds.</param>
internal sealed class StrategySearch(EquatableArray<int> buckets, Func<QuantizationScheme, IReadOnlyList<double>> measure)
{
    private readonly Dictionary<QuantizationScheme, IReadOnlyList<double>> _times = [];

    /// <summary>Schemes that were measured, with their times at every bucket.</summary>
    public IReadOnlyDictionary<QuantizationScheme, IReadOnlyList<double>> Times => _times;

    /// <summary>Searches.</summary>
    /// <param name="checkpoint">What the weights were made for.</param>
    /// <param name="offered">Precisions to try, those that are not allowed for the checkpoint among them.</param>
    /// <param name="advance">Told of each scheme that is measured.</param>
    public IReadOnlyList<StrategyResult> Run(QuantizationScheme checkpoint, IEnumerable<LinearPrecision> offered, Action<long> advance)
    {
        LinearPrecision[] wanted = [.. offered];
        IReadOnlyList<double> own = Time(checkpoint, advance);
        foreach (QuantizationScheme changed in Alternatives(checkpoint, wanted))
            Time(changed, advance);
        for (int bucket = 0; bucket < buckets.Count; bucket++)
            Time(Combined(checkpoint, wanted, bucket), advance);
        return
        [
            .. buckets.Select((tokens, bucket) =>
            {
                (QuantizationScheme best, IReadOnlyList<double> times) = _times.MinBy(t => t.Value[bucket]);
                return times[bucket] < own[bucket] * (1 - WorkResult.LeastGain)
                    ? new StrategyResult(tokens, best, times[bucket], own[bucket])
                    : new(tokens, checkpoint, own[bucket], own[bucket]);
            }),
        ];
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
        from part in QuantizationScheme.Parts
        from precision in AllowedPrecisions.For(checkpoint[part]).Skip(1)
        where offered.Contains(precision)
        select With(checkpoint, part, precision);

    /// <summary>Every part in the precision that gained the most by itself.</summary>
    private QuantizationScheme Combined(QuantizationScheme checkpoint, IReadOnlyCollection<LinearPrecision> offered, int bucket)
    {
        QuantizationScheme combined = checkpoint;
        foreach (EncoderPart part in QuantizationScheme.Parts)
        {
            QuantizationScheme best = Alternatives(checkpoint, offered).Where(s => s == With(checkpoint, part, s[part])).Append(checkpoint)
                .MinBy(s => _times[s][bucket])!;
            combined = With(combined, part, best[part]);
        }

        return combined;
    }

    private IReadOnlyList<double> Time(QuantizationScheme scheme, Action<long> advance)
    {
        if (_times.TryGetValue(scheme, out IReadOnlyList<double>? known))
            return known;
        IReadOnlyList<double> times = measure(scheme);
        _times.Add(scheme, times);
        advance(1);
        return times;
    }

    private static QuantizationScheme With(QuantizationScheme scheme, EncoderPart part, LinearPrecision precision) => part switch
    {
        EncoderPart.Qkv => scheme with { Qkv = precision },
        EncoderPart.AttentionOutput => scheme with { AttentionOutput = precision },
        EncoderPart.MlpIntermediate => scheme with { MlpIntermediate = precision },
        _ => scheme with { MlpOutput = precision },
    };
}
