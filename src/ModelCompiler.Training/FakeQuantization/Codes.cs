namespace ModelCompiler.Training.FakeQuantization;

/// <summary>Codes and the range that they count in: value = S · q, or S · q + lo in the asymmetric form.</summary>
/// <param name="Values">q as whole numbers in fp32, of the shape of what was quantized.</param>
/// <param name="Scale">S, broadcasts against <paramref name="Values"/>.</param>
/// <param name="Minimum">lo, of the shape of <paramref name="Scale"/>; null in the symmetric form.</param>
public sealed record Codes(Tensor Values, Tensor Scale, Tensor? Minimum)
{
    /// <summary>S · q, or S · q + lo.</summary>
    public Tensor Dequantize() => Minimum is null ? Values.mul(Scale) : Values.mul(Scale).add(Minimum);

    /// <summary>The scope around their own frees all of them.</summary>
    internal Codes MoveToOuterDisposeScope()
    {
        Values.MoveToOuterDisposeScope();
        Scale.MoveToOuterDisposeScope();
        Minimum?.MoveToOuterDisposeScope();
        return this;
    }
}
