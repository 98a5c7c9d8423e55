using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Quantizes activation rows as docs/numerics.md says.</summary>
/// <remarks>
/// Symmetric: S = max|x| / (2^(b-1) - 1), q = clamp(rne(x · inv)). Asymmetric: lo = min x, S = (max x - min x) /
/// (2^b - 1), q = clamp(rne((x - lo) · inv)). S is 1 where the range is 0; inv = 1 / S is one division; its product
/// is not rounded before rne. Signed codes are
/// stored as code + 128, unsigned ones as they are.
/// </remarks>
internal readonly unsafe struct RowQuantizer
{
    /// <summary>1.5 · 2^23. Floats around it are whole numbers, so that a sum with it is rounded to nearest even.</summary>
    private const float NoFraction = 12582912f;

    private readonly int _low;
    private readonly int _high;
    private readonly bool _asymmetric;
    private readonly bool _isStatic;
    private readonly float _clip;
    private readonly float _staticScale;
    private readonly float _staticLo;

    private RowQuantizer(int bits, bool asymmetric, float clip, bool isStatic, float scale, float lo)
    {
        if (bits is not (4 or 8))
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "Activations have 4 or 8 bits.");
        _low = asymmetric ? 0 : -(1 << (bits - 1));
        _high = asymmetric ? (1 << bits) - 1 : (1 << (bits - 1)) - 1;
        _asymmetric = asymmetric;
        _clip = clip;
        _isStatic = isStatic;
        _staticScale = scale;
        _staticLo = asymmetric ? lo : 0;
    }

    /// <summary>Range of each row.</summary>
    /// <param name="bits">4 or 8.</param>
    /// <param name="asymmetric">Unsigned codes with a minimum.</param>
    /// <param name="clip">c of the clip range [-c, c] that is applied first; infinity for none.</param>
    public static RowQuantizer PerToken(int bits, bool asymmetric, float clip = float.PositiveInfinity) =>
        new(bits, asymmetric, clip, isStatic: false, 0, 0);

    /// <summary>One calibrated range.</summary>
    /// <param name="bits">4 or 8.</param>
    /// <param name="asymmetric">Unsigned codes with a minimum.</param>
    /// <param name="scale">S.</param>
    /// <param name="lo">Minimum, asymmetric only.</param>
    /// <param name="clip">c of the clip range [-c, c] that is applied first; infinity for none.</param>
    public static RowQuantizer Static(int bits, bool asymmetric, float scale, float lo, float clip = float.PositiveInfinity) =>
        new(bits, asymmetric, clip, isStatic: true, scale, lo);

    /// <summary>Quantizes one row.</summary>
    /// <param name="x">[count] fp32.</param>
    /// <param name="count">Features.</param>
    /// <param name="codes">[count] stored codes.</param>
    /// <param name="scale">S.</param>
    /// <param name="lo">Minimum, 0 in the symmetric form.</param>
    /// <param name="codeSums">[count / groupSize] Σ code of each group, or null where nobody needs it.</param>
    /// <param name="groupSize">Features of a group, a multiple of 16 or <paramref name="count"/>.</param>
    public void Row(float* x, int count, byte* codes, out float scale, out float lo, int* codeSums = null, int groupSize = 0)
    {
        scale = _staticScale;
        lo = _staticLo;
        if (!_isStatic)
            Range(x, count, out scale, out lo);
        float inverse = 1f / scale;
        int group = groupSize == 0 ? count : groupSize;
        for (int start = 0; start < count; start += group)
        {
            int sum = Quantize(x + start, Math.Min(group, count - start), codes + start, lo, inverse);
            if (codeSums != null)
                *codeSums++ = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Range(float* x, int count, out float scale, out float lo)
    {
        // Two chains each: one would wait on its own latency.
        Vector256<float> min = Vector256.Create(x[0]), max = min, min2 = min, max2 = min;
        int i = 0;
        for (; i <= count - 2 * VectorTail.Width; i += 2 * VectorTail.Width)
        {
            Vector256<float> v = Vector256.Load(x + i), v2 = Vector256.Load(x + i + VectorTail.Width);
            min = Vector256.MinNative(min, v);
            max = Vector256.MaxNative(max, v);
            min2 = Vector256.MinNative(min2, v2);
            max2 = Vector256.MaxNative(max2, v2);
        }

        for (; i < count; i += VectorTail.Width)
        {
            Vector256<float> v = VectorTail.Load(x + i, Math.Min(count - i, VectorTail.Width), x[0]);
            min = Vector256.MinNative(min, v);
            max = Vector256.MaxNative(max, v);
        }

        min = Vector256.MinNative(min, min2);
        max = Vector256.MaxNative(max, max2);
        // Clipping is monotonic, so clipping the range is clipping the values.
        float low = Math.Clamp(VectorTail.Min(min), -_clip, _clip), high = Math.Clamp(VectorTail.Max(max), -_clip, _clip);
        lo = _asymmetric ? low : 0;
        scale = _asymmetric ? (high - low) / _high : MathF.Max(MathF.Abs(low), MathF.Abs(high)) / _high;
        if (scale == 0)
            scale = 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Quantize(float* x, int count, byte* codes, float lo, float inverse)
    {
        const int Block = 2 * VectorTail.Width;
        var limits = new Limits(
            Vector256.Create(_clip), Vector256.Create(lo), Vector256.Create(NoFraction + _low), Vector256.Create(NoFraction + _high));
        Vector256<float> inverses = Vector256.Create(inverse);
        Vector256<int> offset = Vector256.Create(_asymmetric ? 0 : CodeRows.SignedOffset), sums = default;
        int i = 0;
        for (; i <= count - Block; i += Block)
        {
            Vector256<int> first = Codes(Vector256.Load(x + i), inverses, limits);
            Vector256<int> second = Codes(Vector256.Load(x + i + VectorTail.Width), inverses, limits);
            sums += first + second;
            Pack(first + offset, second + offset).Store(codes + i);
        }

        int sum = Vector256.Sum(sums);
        for (; i < count; i += VectorTail.Width)
        {
            int left = Math.Min(count - i, VectorTail.Width);
            Vector256<int> last = Codes(VectorTail.Load(x + i, left), inverses, limits);
            Vector128<byte> packed = Pack(last + offset, last + offset);
            Unsafe.CopyBlockUnaligned(codes + i, &packed, (uint)left);
            for (int j = 0; j < left; j++)
                sum += last[j];
        }

        return sum;
    }

    /// <summary>clamp(rne((clip(x) - lo) · inv)). In the symmetric form lo is 0, and x - 0 is x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Codes(Vector256<float> x, Vector256<float> inverse, in Limits limits)
    {
        x = Vector256.MinNative(Vector256.MaxNative(x, -limits.Clip), limits.Clip) - limits.Lo;

        // One rounding, of the exact product. Limits are those of codes: the sum is monotonic. NaN takes the lowest code,
        // as in the GPU's static form.
        Vector256<float> noFraction = Vector256.Create(NoFraction);
        Vector256<float> sum = Vector256.FusedMultiplyAdd(x, inverse, noFraction);
        sum &= Vector256.Equals(sum, sum);
        sum = Vector256.MinNative(Vector256.MaxNative(sum, limits.Low), limits.High);
        return sum.AsInt32() - noFraction.AsInt32();
    }

    /// <summary>Sixteen numbers from 0 to 255 as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Pack(Vector256<int> first, Vector256<int> second)
    {
        Vector256<short> words = Vector256.NarrowWithSaturation(first, second);
        return Sse2.IsSupported
            ? Sse2.PackUnsignedSaturate(words.GetLower(), words.GetUpper())
            : Vector128.Narrow(words.GetLower().AsUInt16(), words.GetUpper().AsUInt16());
    }

    /// <summary>Clip value and minimum; lowest and highest code, each + <see cref="NoFraction"/>.</summary>
    private readonly struct Limits(Vector256<float> clip, Vector256<float> lo, Vector256<float> low, Vector256<float> high)
    {
        public readonly Vector256<float> Clip = clip;
        public readonly Vector256<float> Lo = lo;
        public readonly Vector256<float> Low = low;
        public readonly Vector256<float> High = high;
    }
}
