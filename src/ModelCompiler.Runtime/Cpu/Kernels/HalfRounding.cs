using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>
/// Rounds floats to the nearest FP16 value, ties to even, and keeps them in floats: what FP16 storage does to a value.
/// Too large becomes infinity, NaN stays NaN.
/// </summary>
internal readonly struct HalfRounding : IVectorFunction
{
    private const int DroppedBits = 13; // fp32 has 23 fraction bits, FP16 has 10

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Invoke(Vector256<float> x)
    {
        Vector256<int> sign = x.AsInt32() & Vector256.Create(int.MinValue);
        Vector256<int> magnitude = x.AsInt32() ^ sign;

        // Normal range: add just under half of the last kept place, and one more where that place is odd.
        Vector256<int> odd = (magnitude >>> DroppedBits) & Vector256<int>.One;
        Vector256<int> normal = (magnitude + Vector256.Create((1 << (DroppedBits - 1)) - 1) + odd) & Vector256.Create(-(1 << DroppedBits));

        // Below 2^-14, FP16 is subnormal with step 2^-24, which is the last place of numbers in [0.5, 1).
        Vector256<float> half = Vector256.Create(0.5f);
        Vector256<int> subnormal = ((magnitude.AsSingle() + half) - half).AsInt32();

        // 65520 is the tie between the largest FP16 value and the next power of two.
        Vector256<int> overflow = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x477FF000));
        Vector256<int> isNaN = Vector256.GreaterThan(magnitude, Vector256.Create(0x7F800000));
        Vector256<int> isSubnormal = Vector256.LessThan(magnitude, Vector256.Create(0x38800000));

        Vector256<int> result = Vector256.ConditionalSelect(isSubnormal, subnormal, normal);
        result = Vector256.ConditionalSelect(overflow, Vector256.Create(0x7F800000), result);
        result = Vector256.ConditionalSelect(isNaN, magnitude, result);
        return (result | sign).AsSingle();
    }
}
