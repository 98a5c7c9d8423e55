namespace ModelCompiler.Core.Spec;

/// <summary>How the weights of one linear part are stored.</summary>
/// <param name="Bits">4, 8, or 16 for FP16.</param>
/// <param name="Symmetry">Signed codes, or unsigned codes with a minimum per row.</param>
/// <param name="GroupSize">Inputs that share a scale; 0 for one scale per output row.</param>
/// <param name="Sparsity">Zeros that are promised among the codes.</param>
public sealed record WeightFormat(int Bits, Symmetry Symmetry, int GroupSize, Sparsity Sparsity = Sparsity.Dense)
{
    /// <summary>FP16 weights.</summary>
    public static WeightFormat Float16 { get; } = new(16, Symmetry.Symmetric, 0);

    /// <summary>True for integer codes.</summary>
    public bool IsQuantized => Bits < 16;

    /// <inheritdoc/>
    public override string ToString() =>
        !IsQuantized ? "f16"
        : $"{(Symmetry == Symmetry.Symmetric ? "s" : "u")}{Bits}{(GroupSize > 0 ? $"g{GroupSize}" : "")}{(Sparsity == Sparsity.TwoOfFour ? "sp" : "")}";
}

/// <summary>How the activations that enter one linear part are stored.</summary>
/// <param name="Bits">4, 8, or 16 for FP16.</param>
/// <param name="Symmetry">Signed codes, or unsigned codes with a minimum.</param>
/// <param name="Range">Each token's own range, or one calibrated range.</param>
public sealed record ActivationFormat(int Bits, Symmetry Symmetry, ActivationRange Range)
{
    /// <summary>FP16 activations.</summary>
    public static ActivationFormat Float16 { get; } = new(16, Symmetry.Symmetric, ActivationRange.PerToken);

    /// <summary>True for integer codes.</summary>
    public bool IsQuantized => Bits < 16;

    /// <inheritdoc/>
    public override string ToString() =>
        !IsQuantized ? "f16" : $"{(Symmetry == Symmetry.Symmetric ? "s" : "u")}{Bits}{(Range == ActivationRange.Static ? "static" : "")}";
}

/// <summary>Precision of one linear part: both operands.</summary>
/// <param name="Weights">The weight operand.</param>
/// <param name="Activations">The activation operand.</param>
public sealed record LinearPrecision(WeightFormat Weights, ActivationFormat Activations)
{
    /// <summary>FP16 on both sides.</summary>
    public static LinearPrecision Float16 { get; } = new(WeightFormat.Float16, ActivationFormat.Float16);

    /// <summary>True where the product is accumulated in int32.</summary>
    public bool IsInteger => Activations.IsQuantized;

    /// <inheritdoc/>
    public override string ToString() => $"w{Weights}_a{Activations}";
}
