namespace ModelCompiler.Runtime.Weights.CompressedTensors;

/// <summary>What shares one scale.</summary>
internal enum QuantizationStrategy
{
    /// <summary>The whole tensor; static activations.</summary>
    Tensor,

    /// <summary>An output row of a weight.</summary>
    Channel,

    /// <summary>A group of consecutive inputs in a weight's row.</summary>
    Group,

    /// <summary>A token's activations, from their own range at run time.</summary>
    Token,
}

/// <summary>How one side of a linear layer, weights or input activations, is quantized to integers.</summary>
/// <param name="Bits"><c>num_bits</c>: 4 or 8.</param>
/// <param name="Symmetric">Whether the range is centred on zero.</param>
/// <param name="Strategy">What shares a scale.</param>
/// <param name="GroupSize">Inputs per scale for <see cref="QuantizationStrategy.Group"/>, else null.</param>
/// <param name="Dynamic">Whether the range is taken at run time.</param>
internal sealed record QuantizationArguments(
    int Bits, bool Symmetric, QuantizationStrategy Strategy, int? GroupSize, bool Dynamic);
