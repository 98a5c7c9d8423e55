using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <content>
/// AVX-VNNI: two accumulators of eight columns per row. Six rows keep twelve accumulators, two weight vectors and one
/// broadcast in the sixteen registers that the VEX form can name, and cover the five cycles of latency at two a cycle.
/// </content>
internal static unsafe partial class Int8Gemm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vnni6(in Tile t)
    {
        byte* a = t.A;
        sbyte* b = t.B;
        nint stride = t.AStride;
        byte* a3 = a + 3 * stride;
        Vector256<int> s0 = Vector256.Load(t.Start), s1 = Vector256.Load(t.Start + 8);
        Vector256<int> c00 = s0, c01 = s1, c10 = s0, c11 = s1;
        Vector256<int> c20 = s0, c21 = s1, c30 = s0, c31 = s1;
        Vector256<int> c40 = s0, c41 = s1, c50 = s0, c51 = s1;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector256<sbyte> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 32);
            Vector256<byte> x0 = Broadcast(a);
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            Vector256<byte> x1 = Broadcast(a + stride);
            c10 = AvxVnni.MultiplyWideningAndAdd(c10, x1, b0);
            c11 = AvxVnni.MultiplyWideningAndAdd(c11, x1, b1);
            Vector256<byte> x2 = Broadcast(a + 2 * stride);
            c20 = AvxVnni.MultiplyWideningAndAdd(c20, x2, b0);
            c21 = AvxVnni.MultiplyWideningAndAdd(c21, x2, b1);
            Vector256<byte> x3 = Broadcast(a3);
            c30 = AvxVnni.MultiplyWideningAndAdd(c30, x3, b0);
            c31 = AvxVnni.MultiplyWideningAndAdd(c31, x3, b1);
            Vector256<byte> x4 = Broadcast(a3 + stride);
            c40 = AvxVnni.MultiplyWideningAndAdd(c40, x4, b0);
            c41 = AvxVnni.MultiplyWideningAndAdd(c41, x4, b1);
            Vector256<byte> x5 = Broadcast(a3 + 2 * stride);
            c50 = AvxVnni.MultiplyWideningAndAdd(c50, x5, b0);
            c51 = AvxVnni.MultiplyWideningAndAdd(c51, x5, b1);
            a += 4;
            a3 += 4;
            b += 64;
        }

        Store(t, 0, c00, c01);
        Store(t, 1, c10, c11);
        Store(t, 2, c20, c21);
        Store(t, 3, c30, c31);
        Store(t, 4, c40, c41);
        Store(t, 5, c50, c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vnni4(in Tile t)
    {
        byte* a = t.A;
        sbyte* b = t.B;
        nint stride = t.AStride;
        byte* a3 = a + 3 * stride;
        Vector256<int> s0 = Vector256.Load(t.Start), s1 = Vector256.Load(t.Start + 8);
        Vector256<int> c00 = s0, c01 = s1, c10 = s0, c11 = s1;
        Vector256<int> c20 = s0, c21 = s1, c30 = s0, c31 = s1;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector256<sbyte> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 32);
            Vector256<byte> x0 = Broadcast(a);
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            Vector256<byte> x1 = Broadcast(a + stride);
            c10 = AvxVnni.MultiplyWideningAndAdd(c10, x1, b0);
            c11 = AvxVnni.MultiplyWideningAndAdd(c11, x1, b1);
            Vector256<byte> x2 = Broadcast(a + 2 * stride);
            c20 = AvxVnni.MultiplyWideningAndAdd(c20, x2, b0);
            c21 = AvxVnni.MultiplyWideningAndAdd(c21, x2, b1);
            Vector256<byte> x3 = Broadcast(a3);
            c30 = AvxVnni.MultiplyWideningAndAdd(c30, x3, b0);
            c31 = AvxVnni.MultiplyWideningAndAdd(c31, x3, b1);
            a += 4;
            a3 += 4;
            b += 64;
        }

        Store(t, 0, c00, c01);
        Store(t, 1, c10, c11);
        Store(t, 2, c20, c21);
        Store(t, 3, c30, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vnni2(in Tile t)
    {
        byte* a = t.A;
        sbyte* b = t.B;
        nint stride = t.AStride;
        Vector256<int> s0 = Vector256.Load(t.Start), s1 = Vector256.Load(t.Start + 8);
        Vector256<int> c00 = s0, c01 = s1, c10 = s0, c11 = s1;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector256<sbyte> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 32);
            Vector256<byte> x0 = Broadcast(a);
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            Vector256<byte> x1 = Broadcast(a + stride);
            c10 = AvxVnni.MultiplyWideningAndAdd(c10, x1, b0);
            c11 = AvxVnni.MultiplyWideningAndAdd(c11, x1, b1);
            a += 4;
            b += 64;
        }

        Store(t, 0, c00, c01);
        Store(t, 1, c10, c11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vnni1(in Tile t)
    {
        byte* a = t.A;
        sbyte* b = t.B;
        nint stride = t.AStride;
        Vector256<int> s0 = Vector256.Load(t.Start), s1 = Vector256.Load(t.Start + 8);
        Vector256<int> c00 = s0, c01 = s1;
        for (nint i = t.Steps; i > 0; i--)
        {
            Vector256<sbyte> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 32);
            Vector256<byte> x0 = Broadcast(a);
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            a += 4;
            b += 64;
        }

        Store(t, 0, c00, c01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Broadcast(byte* four) => Vector256.Create(Unsafe.ReadUnaligned<int>(four)).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Tile t, int row, Vector256<int> left, Vector256<int> right)
    {
        Vector256<int> add = Vector256.Create(t.RowAdd[row]);
        int* c = t.C + row * t.CStride;
        (left + add).Store(c);
        (right + add).Store(c + 8);
    }
}
