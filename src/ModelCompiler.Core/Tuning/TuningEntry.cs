using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tuning;

/// <summary>A measurement, which holds for the kernels that it was taken of.</summary>
public abstract record TuningMeasurement
{
    /// <summary><see cref="KernelVersion"/> of each kernel that was measured.</summary>
    public EquatableArray<string> Kernels { get; init; }

    /// <summary>False where one of them has changed since; the measurement is then left aside.</summary>
    public bool IsCurrent => Kernels.All(KernelVersion.IsCurrent);
}

/// <summary>The candidate of a work at a bucket that made the whole encoder faster than the rules' choice.</summary>
/// <param name="Work">Name of the <see cref="Scheduling.KernelWork"/>.</param>
/// <param name="Tokens">Bucket that was measured, full.</param>
/// <param name="Candidate">Token of the candidate.</param>
/// <param name="MedianUs">Median time of a launch in a graph, microseconds.</param>
/// <param name="SpreadUs">Distance between the quartiles of that time.</param>
/// <param name="RunnerUp">Token of the second, or null where there was one candidate only.</param>
/// <param name="RunnerUpUs">Its median.</param>
public sealed record TuningEntry(
    string Work, int Tokens, string Candidate, double MedianUs, double SpreadUs, string? RunnerUp = null, double? RunnerUpUs = null)
    : TuningMeasurement;

/// <summary>
/// What the entries of a bucket are worth to a whole encoder. Also says that the bucket was measured: works of it without an
/// entry are left to the rules, and do not borrow from another bucket, but for those that <see cref="FusesAttention"/> is about.
/// </summary>
/// <param name="Model">Sizes of the encoder: <see cref="TuningStrategy.ModelKey"/>.</param>
/// <param name="Parts">Texts of the four precisions.</param>
/// <param name="Tokens">Bucket that was measured, full.</param>
/// <param name="Sequence">Length of its sequences; the last may be shorter.</param>
/// <param name="RulesUs">Median time of a replay with the rules' kernels, microseconds.</param>
/// <param name="TunedUs">The same with the entries.</param>
/// <param name="SpreadUs">Distance between the quartiles of the latter.</param>
public sealed record TuningEncoder(
    string Model, EquatableArray<string> Parts, int Tokens, int Sequence, double RulesUs, double TunedUs, double SpreadUs) : TuningMeasurement
{
    /// <summary>
    /// True where QKV projection and attention were one kernel, without candidates: nothing was found out about the kernels that do
    /// them one by one in other batches.
    /// </summary>
    public bool FusesAttention => Kernels.Any(version => KernelVersion.KindOf(version) == QkvAttentionKernel.Kind);
}

/// <summary>The fastest precisions of the four parts at a bucket, among those that a checkpoint allows.</summary>
/// <param name="Model">Sizes of the encoder: <see cref="TuningStrategy.ModelKey"/>.</param>
/// <param name="Checkpoint">What the checkpoint was made for: texts of the four parts, in their order.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Parts">Texts of the four chosen precisions.</param>
/// <param name="MedianUs">Median time of the whole encoder so.</param>
/// <param name="CheckpointUs">Median time in the checkpoint's own precisions.</param>
public sealed record TuningStrategy(
    string Model, EquatableArray<string> Checkpoint, int Tokens, EquatableArray<string> Parts, double MedianUs, double CheckpointUs)
    : TuningMeasurement
{
    /// <summary>What of a model decides its times, such as <c>h768_i3072_a12_l12</c>.</summary>
    public static string ModelKey(EncoderModel model) => FormattableString.Invariant(
        $"h{model.HiddenSize}_i{model.IntermediateSize}_a{model.AttentionHeads}_l{model.Layers}");

    /// <summary>Texts of a scheme's four parts.</summary>
    public static EquatableArray<string> Texts(QuantizationScheme scheme) =>
        QuantizationScheme.Parts.Select(part => scheme[part].ToString()).ToEquatableArray();

    /// <summary>The chosen scheme of a checkpoint's; null where a part has a precision that is not allowed for it.</summary>
    public QuantizationScheme? SchemeFor(QuantizationScheme checkpoint)
    {
        LinearPrecision?[] chosen =
        [
            .. QuantizationScheme.Parts.Select((part, i) => AllowedPrecisions.For(checkpoint[part]).FirstOrDefault(p => p.ToString() == Parts[i])),
        ];
        return chosen is [{ } qkv, { } attention, { } intermediate, { } output] ? new(qkv, attention, intermediate, output) : null;
    }
}
