namespace ModelCompiler.Training.FakeQuantization;

/// <summary>
/// The quantizers of docs/numerics.md (Wu et al., "Understanding INT4 Quantization for Language Models", ICML 2023,
/// section 3.1 and appendix A) on tensors. Every step is rounded as in the executors, so codes are equal.
/// </summary>
public static class Quantizer
{
    private static readonly long[] LastDimension = [-1];

    /// <summary>Ranges over the last dimension: S and lo of each row.</summary>
    /// <param name="values">[..., n].</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="symmetry">Signed codes, or unsigned codes with a minimum.</param>
    /// <returns>[..., 1] each; no minimum in the symmetric form.</returns>
    public static (Tensor Scale, Tensor? Minimum) RangeOf(Tensor values, int bits, Symmetry symmetry)
    {
        if (symmetry == Symmetry.Symmetric)
            return (UsableScale(values.abs().amax(LastDimension, keepdim: true), Steps(bits, symmetry)), null);
        Tensor minimum = values.amin(LastDimension, keepdim: true);
        return (UsableScale(values.amax(LastDimension, keepdim: true).sub(minimum), Steps(bits, symmetry)), minimum);
    }

    /// <summary>
    /// Of activations: q = clamp(rne((x - lo) · (1 / S))), one division for a range, one product for a value, which fp64
    /// holds exactly.
    /// </summary>
    /// <param name="values">[..., n].</param>
    /// <param name="scale">S, broadcasts against <paramref name="values"/>.</param>
    /// <param name="minimum">lo, or null in the symmetric form.</param>
    /// <param name="bits">4 or 8.</param>
    public static Codes Quantize(Tensor values, Tensor scale, Tensor? minimum, int bits)
    {
        Tensor shifted = minimum is null ? values : values.sub(minimum);
        using Tensor inverse = scale.reciprocal().to_type(torch.float64), wide = shifted.to_type(torch.float64);
        using Tensor codes = wide.mul_(inverse).round();
        return new(Clamp(codes, minimum, bits).to_type(torch.float32), scale, minimum);
    }

    /// <summary>Of weights: the same, but the product is rounded to fp32 before rne.</summary>
    /// <inheritdoc cref="Quantize"/>
    public static Codes QuantizeWeights(Tensor values, Tensor scale, Tensor? minimum, int bits)
    {
        Tensor shifted = minimum is null ? values : values.sub(minimum);
        return new(Clamp(shifted.mul(scale.reciprocal()).round(), minimum, bits), scale, minimum);
    }

    private static Tensor Clamp(Tensor codes, Tensor? minimum, int bits) =>
        minimum is null ? codes.clamp(-(1 << (bits - 1)), (1 << (bits - 1)) - 1) : codes.clamp(0, (1 << bits) - 1);

    /// <summary>
    /// The quantized value with the gradient of the clipped one (straight-through estimator): v + (x - x) is v, and its
    /// gradient is that of x.
    /// </summary>
    /// <param name="quantized">Values without gradient.</param>
    /// <param name="source">What the gradient goes to.</param>
    public static Tensor StraightThrough(Tensor quantized, Tensor source)
    {
        using var scope = torch.NewDisposeScope();
        return quantized.detach().add(source.sub(source.detach())).MoveToOuterDisposeScope();
    }

    /// <summary>Steps between the ends of a range: 2^(b-1) - 1 from 0 to max|x|, or 2^b - 1 from min x to max x.</summary>
    internal static int Steps(int bits, Symmetry symmetry) => symmetry == Symmetry.Symmetric ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;

    /// <summary>range / steps, or 1 where the range is 0 or so small that 1 / S is not finite.</summary>
    internal static Tensor UsableScale(Tensor range, int steps)
    {
        Tensor scale = range.div(torch.full([1L], (float)steps, torch.float32, range.device)); // CUDA multiplies by a number's reciprocal
        return torch.where(scale.reciprocal().isinf(), torch.ones_like(scale), scale);
    }
}
