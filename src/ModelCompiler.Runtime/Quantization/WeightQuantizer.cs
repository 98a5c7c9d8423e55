using System.Numerics.Tensors;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Quantization;

/// <summary>
/// Round-to-nearest quantization of weights (Wu et al., "Understanding INT4 Quantization for Language Models", ICML
/// 2023, section 3.1), one scale per output row or per group of consecutive inputs.
/// </summary>
public static class WeightQuantizer
{
    /// <summary>Quantizes a weight matrix.</summary>
    /// <param name="values">[rows, columns] row-major, finite.</param>
    /// <param name="rows">Output features.</param>
    /// <param name="columns">Input features; a multiple of the group size where there are groups.</param>
    /// <param name="format">4 or 8 bits, symmetry, group size.</param>
    /// <exception cref="ArgumentException">The shape does not fit the values or the format, or a value is not finite.</exception>
    public static QuantizedLinear Quantize(ReadOnlySpan<float> values, int rows, int columns, WeightFormat format)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"Expected {rows} x {columns} values, found {values.Length}.", nameof(values));
        if (format.Bits is not (4 or 8))
            throw new ArgumentException($"Expected 4 or 8 bits, found {format.Bits}.", nameof(format));
        if (format.GroupSize > 0 && columns % format.GroupSize != 0)
            throw new ArgumentException($"{columns} inputs do not divide into groups of {format.GroupSize}.", nameof(columns));

        int groups = rows * QuantizedLinear.GroupCount(columns, format);
        int size = groups == 0 ? 0 : values.Length / groups;
        bool symmetric = format.Symmetry == Symmetry.Symmetric;
        var codes = new byte[values.Length];
        var scales = new float[groups];
        var minima = symmetric ? [] : new float[groups];
        for (int group = 0; group < groups; group++)
        {
            ReadOnlySpan<float> source = values.Slice(group * size, size);
            Span<byte> target = codes.AsSpan(group * size, size);
            if (symmetric)
                scales[group] = QuantizeSymmetric(source, format.Bits, target);
            else
                (scales[group], minima[group]) = QuantizeAsymmetric(source, format.Bits, target);
        }

        return new(rows, columns, format, codes, scales, minima);
    }

    /// <summary>S = max|x| / (2^(b-1) - 1), or 1 where that is 0; q = clamp(rne(x · (1 / S)), -2^(b-1), 2^(b-1) - 1).</summary>
    private static float QuantizeSymmetric(ReadOnlySpan<float> source, int bits, Span<byte> codes)
    {
        int largest = (1 << (bits - 1)) - 1;
        float scale = UsableScale(TensorPrimitives.MaxMagnitude(source), largest);
        float inverse = 1f / scale;
        for (int i = 0; i < source.Length; i++)
            codes[i] = (byte)(sbyte)Math.Clamp(Round(source[i], inverse), -largest - 1, largest);
        return scale;
    }

    /// <summary>lo = min x, S = (max x - lo) / (2^b - 1), or 1 where that is 0; q = clamp(rne((x - lo) · (1 / S)), 0, 2^b - 1).</summary>
    private static (float Scale, float Minimum) QuantizeAsymmetric(ReadOnlySpan<float> source, int bits, Span<byte> codes)
    {
        int largest = (1 << bits) - 1;
        float minimum = TensorPrimitives.Min(source);
        float scale = UsableScale(TensorPrimitives.Max(source) - minimum, largest);
        float inverse = 1f / scale;
        for (int i = 0; i < source.Length; i++)
            codes[i] = (byte)Math.Clamp(Round(source[i] - minimum, inverse), 0, largest);
        return (scale, minimum);
    }

    /// <summary>rne of the product, which a double holds exactly.</summary>
    private static int Round(float value, float inverse) => (int)Math.Round((double)value * inverse, MidpointRounding.ToEven);

    /// <summary>The scale of a range, or 1 where the range is 0 or so small that 1 / S is not finite.</summary>
    private static float UsableScale(float range, int steps)
    {
        if (range < 0)
            range = -range;
        if (!float.IsFinite(range))
            throw new ArgumentException("Weights must be finite, and so must their range.", nameof(range));
        float scale = range / steps;
        return float.IsFinite(1f / scale) ? scale : 1f;
    }
}
