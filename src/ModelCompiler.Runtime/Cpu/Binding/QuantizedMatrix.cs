using ModelCompiler.Core.Spec;

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
    public static QuantizedMatrix RoundToNearest(ReadOnlySpan<float> weights, int columns, WeightFormat format)
    {
        int group = format.GroupSize == 0 ? columns : format.GroupSize;
        bool asymmetric = format.Symmetry == Symmetry.Asymmetric;
        int high = asymmetric ? (1 << format.Bits) - 1 : (1 << (format.Bits - 1)) - 1;
        int low = asymmetric ? 0 : -high - 1;
        short[] codes = new short[weights.Length];
        float[] scales = new float[weights.Length / group];
        float[]? minimums = asymmetric ? new float[scales.Length] : null;
        for (int g = 0; g < scales.Length; g++)
        {
            ReadOnlySpan<float> x = weights.Slice(g * group, group);
            float min = x[0], max = x[0];
            foreach (float value in x)
            {
                min = MathF.Min(min, value);
                max = MathF.Max(max, value);
            }

            float lo = asymmetric ? min : 0;
            float scale = asymmetric ? (max - min) / high : MathF.Max(MathF.Abs(min), MathF.Abs(max)) / high;
            if (scale == 0)
                scale = 1;
            float inverse = 1f / scale;
            for (int i = 0; i < group; i++)
                codes[g * group + i] = (short)Math.Clamp(MathF.Round((x[i] - lo) * inverse, MidpointRounding.ToEven), low, high);
            scales[g] = scale;
            if (minimums != null)
                minimums[g] = lo;
        }

        return new(codes, scales, minimums, group);
    }
}

/// <summary>The calibrated range of a linear part's input.</summary>
/// <param name="Scale">S.</param>
/// <param name="Minimum">Value of code 0; 0 for signed codes.</param>
internal readonly record struct StaticRange(float Scale, float Minimum);
