using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>Integer codes of a weight matrix and their scales.</summary>
/// <param name="Codes">[out, in] row-major, signed or unsigned as <paramref name="Minimums"/> says.</param>
/// <param name="Scales">[out, groups].</param>
/// <param name="Minimums">[out, groups] value of code 0; null for signed codes.</param>
/// <param name="GroupSize">Inputs that share a scale; the row's length for one scale per row.</param>
internal sealed record QuantizedMatrix(short[] Codes, float[] Scales, float[]? Minimums, int GroupSize)
{
    /// <summary>Quantizes fp32 weights to the nearest code, as docs/numerics.md says.</summary>
    /// <param name="weights">[rows, columns], finite.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="format">4 or 8 bits; a group size that divides the columns, or 0.</param>
    public static QuantizedMatrix RoundToNearest(ReadOnlySpan<float> weights, int columns, WeightFormat format) =>
        From(WeightQuantizer.Quantize(weights, weights.Length / columns, columns, format));

    /// <summary>Widens stored codes.</summary>
    public static QuantizedMatrix From(QuantizedLinear linear)
    {
        bool isSymmetric = linear.Format.Symmetry == Symmetry.Symmetric;
        var codes = new short[linear.Codes.Length];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = isSymmetric ? (sbyte)linear.Codes[i] : linear.Codes[i];
        return new(codes, linear.Scales, isSymmetric ? null : linear.Minima, linear.Columns / linear.Groups);
    }
}

/// <summary>The calibrated range of a linear part's input.</summary>
/// <param name="Scale">S.</param>
/// <param name="Minimum">Value of code 0; 0 for signed codes.</param>
internal readonly record struct StaticRange(float Scale, float Minimum);
