namespace ModelCompiler.Core.Spec;

/// <summary>Precision of each of the four linear parts of a layer; the same for all layers.</summary>
public sealed record QuantizationScheme(
    LinearPrecision Qkv, LinearPrecision AttentionOutput, LinearPrecision MlpIntermediate, LinearPrecision MlpOutput)
{
    /// <summary>FP16 everywhere.</summary>
    public static QuantizationScheme Float16 { get; } = Uniform(LinearPrecision.Float16);

    /// <summary>The four parts in the order in which a layer runs them.</summary>
    public static EquatableArray<EncoderPart> Parts { get; } =
        new(EncoderPart.Qkv, EncoderPart.AttentionOutput, EncoderPart.MlpIntermediate, EncoderPart.MlpOutput);

    /// <summary>One precision for all four parts.</summary>
    public static QuantizationScheme Uniform(LinearPrecision precision) => new(precision, precision, precision, precision);

    /// <summary>Precision of a single part.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="part"/> is not exactly one part.</exception>
    public LinearPrecision this[EncoderPart part] => part switch
    {
        EncoderPart.Qkv => Qkv,
        EncoderPart.AttentionOutput => AttentionOutput,
        EncoderPart.MlpIntermediate => MlpIntermediate,
        EncoderPart.MlpOutput => MlpOutput,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "Expected exactly one linear part."),
    };
}
