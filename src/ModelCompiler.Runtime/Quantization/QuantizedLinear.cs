using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Quantization;

/// <summary>
/// The quantized weights of one linear layer: value[n, k] = scale[n, g] · code[n, k] + minimum[n, g] with
/// g = k / group size. Codes lie one to a byte; executors pack and reorder them as their kernels want.
/// </summary>
public sealed class QuantizedLinear
{
    /// <summary>Wraps codes, scales and minima, which must not be changed afterwards.</summary>
    /// <param name="rows">Output features N.</param>
    /// <param name="columns">Input features K; a multiple of the group size where there are groups.</param>
    /// <param name="format">Bits, symmetry and group size.</param>
    /// <param name="codes">[N, K] row-major, one code per byte.</param>
    /// <param name="scales">[N, groups] row-major.</param>
    /// <param name="minima">[N, groups] row-major; empty for symmetric codes.</param>
    /// <exception cref="ArgumentException">A length does not follow from the shape and the format.</exception>
    public QuantizedLinear(int rows, int columns, WeightFormat format, byte[] codes, float[] scales, float[] minima)
    {
        if (!format.IsQuantized)
            throw new ArgumentException($"Expected a 4 or 8 bit format, found {format}.", nameof(format));
        if (format.GroupSize > 0 && columns % format.GroupSize != 0)
            throw new ArgumentException($"{columns} inputs do not divide into groups of {format.GroupSize}.", nameof(columns));
        int groups = rows * GroupCount(columns, format);
        if (codes.Length != rows * columns)
            throw new ArgumentException($"Expected {rows * columns} codes, found {codes.Length}.", nameof(codes));
        if (scales.Length != groups)
            throw new ArgumentException($"Expected {groups} scales, found {scales.Length}.", nameof(scales));
        if (minima.Length != (format.Symmetry == Symmetry.Asymmetric ? groups : 0))
            throw new ArgumentException($"Found {minima.Length} minima for {groups} groups of format {format}.", nameof(minima));
        (Rows, Columns, Format, Codes, Scales, Minima) = (rows, columns, format, codes, scales, minima);
    }

    /// <summary>Output features N.</summary>
    public int Rows { get; }

    /// <summary>Input features K.</summary>
    public int Columns { get; }

    /// <summary>Bits, symmetry and group size.</summary>
    public WeightFormat Format { get; }

    /// <summary>
    /// [N, K] row-major, one code per byte: two's complement for symmetric codes (see <see cref="SignedCodes"/>),
    /// 0 to 2^bits - 1 for asymmetric ones.
    /// </summary>
    public byte[] Codes { get; }

    /// <summary>[N, groups] row-major, fp32.</summary>
    public float[] Scales { get; }

    /// <summary>[N, groups] row-major, fp32; empty for symmetric codes.</summary>
    public float[] Minima { get; }

    /// <summary>Scales in a row.</summary>
    public int Groups => GroupCount(Columns, Format);

    /// <summary>The codes of symmetric weights as signed bytes, [N, K] row-major.</summary>
    public ReadOnlySpan<sbyte> SignedCodes => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, sbyte>(Codes);

    /// <summary>Writes value[n, k] in fp32, [N, K] row-major.</summary>
    /// <exception cref="ArgumentException"><paramref name="values"/> has another length than N · K.</exception>
    public void Dequantize(Span<float> values)
    {
        if (values.Length != Codes.Length)
            throw new ArgumentException($"Expected {Codes.Length} values, found {values.Length}.", nameof(values));
        int size = Columns / Groups;
        bool symmetric = Format.Symmetry == Symmetry.Symmetric;
        for (int group = 0; group < Scales.Length; group++)
        {
            float scale = Scales[group], minimum = symmetric ? 0f : Minima[group];
            for (int i = group * size; i < (group + 1) * size; i++)
                values[i] = symmetric ? scale * (sbyte)Codes[i] : scale * Codes[i] + minimum;
        }
    }

    internal static int GroupCount(int columns, WeightFormat format) => format.GroupSize > 0 ? columns / format.GroupSize : 1;
}
