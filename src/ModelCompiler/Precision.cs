namespace ModelCompiler;

/// <summary>
/// Number formats of one linear part: weight bits and activation bits. Accumulators are int32 for integer activations
/// and fp32 for 16-bit ones.
/// </summary>
public enum Precision
{
    /// <summary>FP16 weights and activations, fp32 accumulation.</summary>
    Fp16 = 0,

    /// <summary>INT4 weights, FP16 activations: weight-only quantization.</summary>
    W4A16,

    /// <summary>INT8 weights and activations.</summary>
    W8A8,

    /// <summary>INT4 weights, INT8 activations.</summary>
    W4A8,

    /// <summary>INT4 weights and activations.</summary>
    W4A4,
}
