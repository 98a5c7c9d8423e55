using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <content>
/// AVX2 with FMA: six rows by 16 columns, half a panel, hold twelve accumulators in the sixteen registers.
/// </content>
internal static unsafe partial class FloatGemm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx2Rows6(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        float* a4 = a + 4 * stride;
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector256<float> c20 = default, c21 = default, c30 = default, c31 = default;
        Vector256<float> c40 = default, c41 = default, c50 = default, c51 = default;
        if (t.Continues)
        {
            c00 = Vector256.Load(c);
            c01 = Vector256.Load(c + 8);
            c10 = Vector256.Load(c + t.CStride);
            c11 = Vector256.Load(c + 8 + t.CStride);
            c20 = Vector256.Load(c + 2 * t.CStride);
            c21 = Vector256.Load(c + 8 + 2 * t.CStride);
            c30 = Vector256.Load(c + 3 * t.CStride);
            c31 = Vector256.Load(c + 8 + 3 * t.CStride);
            c40 = Vector256.Load(c + 4 * t.CStride);
            c41 = Vector256.Load(c + 8 + 4 * t.CStride);
            c50 = Vector256.Load(c + 5 * t.CStride);
            c51 = Vector256.Load(c + 8 + 5 * t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            Vector256<float> x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            Vector256<float> x1 = Vector256.Create(a[stride]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            Vector256<float> x2 = Vector256.Create(a[2 * stride]);
            c20 = Fma.MultiplyAdd(x2, b0, c20);
            c21 = Fma.MultiplyAdd(x2, b1, c21);
            Vector256<float> x3 = Vector256.Create(a[3 * stride]);
            c30 = Fma.MultiplyAdd(x3, b0, c30);
            c31 = Fma.MultiplyAdd(x3, b1, c31);
            Vector256<float> x4 = Vector256.Create(a4[0]);
            c40 = Fma.MultiplyAdd(x4, b0, c40);
            c41 = Fma.MultiplyAdd(x4, b1, c41);
            Vector256<float> x5 = Vector256.Create(a4[stride]);
            c50 = Fma.MultiplyAdd(x5, b0, c50);
            c51 = Fma.MultiplyAdd(x5, b1, c51);
            a++;
            a4++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 8);
        c10.Store(c + t.CStride);
        c11.Store(c + 8 + t.CStride);
        c20.Store(c + 2 * t.CStride);
        c21.Store(c + 8 + 2 * t.CStride);
        c30.Store(c + 3 * t.CStride);
        c31.Store(c + 8 + 3 * t.CStride);
        c40.Store(c + 4 * t.CStride);
        c41.Store(c + 8 + 4 * t.CStride);
        c50.Store(c + 5 * t.CStride);
        c51.Store(c + 8 + 5 * t.CStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx2Rows4(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector256<float> c20 = default, c21 = default, c30 = default, c31 = default;
        if (t.Continues)
        {
            c00 = Vector256.Load(c);
            c01 = Vector256.Load(c + 8);
            c10 = Vector256.Load(c + t.CStride);
            c11 = Vector256.Load(c + 8 + t.CStride);
            c20 = Vector256.Load(c + 2 * t.CStride);
            c21 = Vector256.Load(c + 8 + 2 * t.CStride);
            c30 = Vector256.Load(c + 3 * t.CStride);
            c31 = Vector256.Load(c + 8 + 3 * t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            Vector256<float> x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            Vector256<float> x1 = Vector256.Create(a[stride]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            Vector256<float> x2 = Vector256.Create(a[2 * stride]);
            c20 = Fma.MultiplyAdd(x2, b0, c20);
            c21 = Fma.MultiplyAdd(x2, b1, c21);
            Vector256<float> x3 = Vector256.Create(a[3 * stride]);
            c30 = Fma.MultiplyAdd(x3, b0, c30);
            c31 = Fma.MultiplyAdd(x3, b1, c31);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 8);
        c10.Store(c + t.CStride);
        c11.Store(c + 8 + t.CStride);
        c20.Store(c + 2 * t.CStride);
        c21.Store(c + 8 + 2 * t.CStride);
        c30.Store(c + 3 * t.CStride);
        c31.Store(c + 8 + 3 * t.CStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx2Rows2(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default;
        if (t.Continues)
        {
            c00 = Vector256.Load(c);
            c01 = Vector256.Load(c + 8);
            c10 = Vector256.Load(c + t.CStride);
            c11 = Vector256.Load(c + 8 + t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            Vector256<float> x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            Vector256<float> x1 = Vector256.Create(a[stride]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 8);
        c10.Store(c + t.CStride);
        c11.Store(c + 8 + t.CStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx2Rows1(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector256<float> c00 = default, c01 = default;
        if (t.Continues)
        {
            c00 = Vector256.Load(c);
            c01 = Vector256.Load(c + 8);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector256<float> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 8);
            Vector256<float> x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 8);
    }
}
