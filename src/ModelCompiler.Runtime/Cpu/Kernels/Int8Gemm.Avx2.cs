using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <content>
/// AVX2: <c>vpmaddubsw</c> would saturate pairs of products, so both operands are widened to 16 bits for
/// <c>vpmaddwd</c>. An accumulator holds four columns with two partial sums each.
/// </content>
internal static unsafe partial class Int8Gemm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx2Rows2(in Tile t)
    {
        byte* a = t.A;
        sbyte* b = t.B;
        Vector256<int> c00 = default, c01 = default, c02 = default, c03 = default;
        Vector256<int> c10 = default, c11 = default, c12 = default, c13 = default;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector256<short> x0 = Widen(a), x1 = Widen(a + t.AStride);
            Vector256<short> w = Avx2.ConvertToVector256Int16(b);
            c00 += Avx2.MultiplyAddAdjacent(x0, w);
            c10 += Avx2.MultiplyAddAdjacent(x1, w);
            w = Avx2.ConvertToVector256Int16(b + 16);
            c01 += Avx2.MultiplyAddAdjacent(x0, w);
            c11 += Avx2.MultiplyAddAdjacent(x1, w);
            w = Avx2.ConvertToVector256Int16(b + 32);
            c02 += Avx2.MultiplyAddAdjacent(x0, w);
            c12 += Avx2.MultiplyAddAdjacent(x1, w);
            w = Avx2.ConvertToVector256Int16(b + 48);
            c03 += Avx2.MultiplyAddAdjacent(x0, w);
            c13 += Avx2.MultiplyAddAdjacent(x1, w);
            a += 4;
            b += 64;
        }

        Vector256<int> s0 = Vector256.Load(t.Start), s1 = Vector256.Load(t.Start + 8);
        Store(t, 0, s0 + JoinPairs(c00, c01), s1 + JoinPairs(c02, c03));
        Store(t, 1, s0 + JoinPairs(c10, c11), s1 + JoinPairs(c12, c13));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx2Rows1(in Tile t)
    {
        byte* a = t.A;
        sbyte* b = t.B;
        Vector256<int> c0 = default, c1 = default, c2 = default, c3 = default;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector256<short> x = Widen(a);
            c0 += Avx2.MultiplyAddAdjacent(x, Avx2.ConvertToVector256Int16(b));
            c1 += Avx2.MultiplyAddAdjacent(x, Avx2.ConvertToVector256Int16(b + 16));
            c2 += Avx2.MultiplyAddAdjacent(x, Avx2.ConvertToVector256Int16(b + 32));
            c3 += Avx2.MultiplyAddAdjacent(x, Avx2.ConvertToVector256Int16(b + 48));
            a += 4;
            b += 64;
        }

        Store(t, 0, Vector256.Load(t.Start) + JoinPairs(c0, c1), Vector256.Load(t.Start + 8) + JoinPairs(c2, c3));
    }

    /// <summary>Four codes as 16-bit numbers, four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Widen(byte* four) =>
        Avx2.ConvertToVector256Int16(Vector128.Create(Unsafe.ReadUnaligned<int>(four)).AsByte());

    /// <summary>Adds neighbours: columns 0 to 3 and 4 to 7 with two sums each become eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> JoinPairs(Vector256<int> left, Vector256<int> right) =>
        Avx2.Permute4x64(Avx2.HorizontalAdd(left, right).AsInt64(), 0b11_01_10_00).AsInt32();
}
