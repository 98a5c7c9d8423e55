using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Quantizes activation rows as docs/numerics.md says.</summary>
/// <remarks>
/// Symmetric: S = max|x| / (2^(b-1) - 1), q = clamp(rne(x · inv)). Asymmetric: lo = min x, S = (max x - min x) /
/// (2^b - 1), q = clamp(rne((x - lo) · inv)). S is 1 where the range is 0; inv = 1 / S is one division. Signed codes are
/// stored as code + 128, unsigned ones as they are.
/// </remarks>
internal readonly unsafe struct RowQuantizer
{
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

    private void Range(float* x, int count, out float scale, out float lo)
    {
        Vector256<float> min = Vector256.Create(x[0]), max = min;
        int i = 0;
        for (; i <= count - VectorTail.Width; i += VectorTail.Width)
        {
            Vector256<float> v = Vector256.Load(x + i);
            min = Vector256.MinNumber(min, v);
            max = Vector256.MaxNumber(max, v);
        }

        if (i < count)
        {
            Vector256<float> v = VectorTail.Load(x + i, count - i, x[0]);
            min = Vector256.MinNumber(min, v);
            max = Vector256.MaxNumber(max, v);
        }

        // Clipping is monotonic, so clipping the range is clipping the values.
        float low = Math.Clamp(VectorTail.Min(min), -_clip, _clip), high = Math.Clamp(VectorTail.Max(max), -_clip, _clip);
        lo = _asymmetric ? low : 0;
        scale = _asymmetric ? (high - low) / _high : MathF.Max(MathF.Abs(low), MathF.Abs(high)) / _high;
        if (scale == 0)
            scale = 1;
    }

    private int Quantize(float* x, int count, byte* codes, float lo, float inverse)
    {
        const int Block = 2 * VectorTail.Width;
        Vector256<int> sums = default;
        int i = 0;
        for (; i <= count - Block; i += Block)
        {
            Vector256<int> first = Codes(Vector256.Load(x + i), lo, inverse);
            Vector256<int> second = Codes(Vector256.Load(x + i + VectorTail.Width), lo, inverse);
            sums += first + second;
            Pack(first, second).Store(codes + i);
        }

        int sum = Vector256.Sum(sums);
        for (; i < count; i += VectorTail.Width)
        {
            int left = Math.Min(count - i, VectorTail.Width);
            Vector256<int> last = Codes(VectorTail.Load(x + i, left), lo, inverse);
            Vector128<byte> packed = Pack(last, last);
            Unsafe.CopyBlockUnaligned(codes + i, &packed, (uint)left);
            for (int j = 0; j < left; j++)
                sum += last[j];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<int> Codes(Vector256<float> x, float lo, float inverse)
    {
        if (_clip < float.PositiveInfinity)
            x = Vector256.MinNumber(Vector256.MaxNumber(x, Vector256.Create(-_clip)), Vector256.Create(_clip));
        if (_asymmetric)
            x -= Vector256.Create(lo);

        // Converting saturates and makes 0 of NaN, as the GPU's conversion does.
        Vector256<int> codes = Vector256.ConvertToInt32(Vector256.Round(x * Vector256.Create(inverse)));
        return Vector256.Min(Vector256.Max(codes, Vector256.Create(_low)), Vector256.Create(_high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<byte> Pack(Vector256<int> first, Vector256<int> second)
    {
        Vector256<int> offset = Vector256.Create(_asymmetric ? 0 : CodeRows.SignedOffset);
        Vector256<ushort> words = Vector256.Narrow((first + offset).AsUInt32(), (second + offset).AsUInt32());
        return Vector128.Narrow(words.GetLower(), words.GetUpper());
    }
}
