using ModelCompiler.Core.Planning;

namespace ModelCompiler.Conformance.Weights;

/// <summary>How large a linear part's result is beside its input, as the weights of a case are drawn.</summary>
/// <remarks>
/// An fp32 rounding that differs may move an activation's code to its neighbour, and each part behind it may move more,
/// until two right executors are as far apart as the quantization noise itself, several percent for 4 bits. Parts that
/// add less to the residual stream than they are given, as in trained encoders, damp that. Where activations are FP16
/// nothing of the kind happens, and larger gains show smaller errors of attention and MLP.
/// </remarks>
/// <param name="Qkv">Of queries, keys and values: larger, so that attention is not the mean of all values.</param>
/// <param name="Other">Of the other parts of a layer.</param>
internal readonly record struct WeightGain(float Qkv, float Other)
{
    /// <summary>The gain for a case.</summary>
    public static WeightGain For(ConformanceCase conformanceCase) =>
        conformanceCase.HasFloatActivations ? new(1.5f, 1.2f) : conformanceCase.HasFourBitActivations ? new(0.5f, 0.5f) : new(1, 0.5f);

    /// <summary>Gain of a weight.</summary>
    public float Of(WeightRole role) => role switch
    {
        WeightRole.Qkv => Qkv,
        WeightRole.HeadDense or WeightRole.Classifier => 1,
        _ => Other,
    };
}
