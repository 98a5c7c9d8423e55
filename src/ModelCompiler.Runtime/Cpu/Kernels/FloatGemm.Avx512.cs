using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <content>
/// AVX-512F: eight rows by 32 columns hold sixteen accumulators, enough for four cycles of latency at two a cycle.
/// </content>
internal static unsafe partial class FloatGemm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx512Rows8(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        float* a4 = a + 4 * stride;
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default, c70 = default, c71 = default;
        if (t.Continues)
        {
            c00 = Vector512.Load(c);
            c01 = Vector512.Load(c + 16);
            c10 = Vector512.Load(c + t.CStride);
            c11 = Vector512.Load(c + 16 + t.CStride);
            c20 = Vector512.Load(c + 2 * t.CStride);
            c21 = Vector512.Load(c + 16 + 2 * t.CStride);
            c30 = Vector512.Load(c + 3 * t.CStride);
            c31 = Vector512.Load(c + 16 + 3 * t.CStride);
            c40 = Vector512.Load(c + 4 * t.CStride);
            c41 = Vector512.Load(c + 16 + 4 * t.CStride);
            c50 = Vector512.Load(c + 5 * t.CStride);
            c51 = Vector512.Load(c + 16 + 5 * t.CStride);
            c60 = Vector512.Load(c + 6 * t.CStride);
            c61 = Vector512.Load(c + 16 + 6 * t.CStride);
            c70 = Vector512.Load(c + 7 * t.CStride);
            c71 = Vector512.Load(c + 16 + 7 * t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            Vector512<float> x1 = Vector512.Create(a[stride]);
            c10 = Avx512F.FusedMultiplyAdd(x1, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x1, b1, c11);
            Vector512<float> x2 = Vector512.Create(a[2 * stride]);
            c20 = Avx512F.FusedMultiplyAdd(x2, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x2, b1, c21);
            Vector512<float> x3 = Vector512.Create(a[3 * stride]);
            c30 = Avx512F.FusedMultiplyAdd(x3, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x3, b1, c31);
            Vector512<float> x4 = Vector512.Create(a4[0]);
            c40 = Avx512F.FusedMultiplyAdd(x4, b0, c40);
            c41 = Avx512F.FusedMultiplyAdd(x4, b1, c41);
            Vector512<float> x5 = Vector512.Create(a4[stride]);
            c50 = Avx512F.FusedMultiplyAdd(x5, b0, c50);
            c51 = Avx512F.FusedMultiplyAdd(x5, b1, c51);
            Vector512<float> x6 = Vector512.Create(a4[2 * stride]);
            c60 = Avx512F.FusedMultiplyAdd(x6, b0, c60);
            c61 = Avx512F.FusedMultiplyAdd(x6, b1, c61);
            Vector512<float> x7 = Vector512.Create(a4[3 * stride]);
            c70 = Avx512F.FusedMultiplyAdd(x7, b0, c70);
            c71 = Avx512F.FusedMultiplyAdd(x7, b1, c71);
            a++;
            a4++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + t.CStride);
        c11.Store(c + 16 + t.CStride);
        c20.Store(c + 2 * t.CStride);
        c21.Store(c + 16 + 2 * t.CStride);
        c30.Store(c + 3 * t.CStride);
        c31.Store(c + 16 + 3 * t.CStride);
        c40.Store(c + 4 * t.CStride);
        c41.Store(c + 16 + 4 * t.CStride);
        c50.Store(c + 5 * t.CStride);
        c51.Store(c + 16 + 5 * t.CStride);
        c60.Store(c + 6 * t.CStride);
        c61.Store(c + 16 + 6 * t.CStride);
        c70.Store(c + 7 * t.CStride);
        c71.Store(c + 16 + 7 * t.CStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx512Rows4(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default, c30 = default, c31 = default;
        if (t.Continues)
        {
            c00 = Vector512.Load(c);
            c01 = Vector512.Load(c + 16);
            c10 = Vector512.Load(c + t.CStride);
            c11 = Vector512.Load(c + 16 + t.CStride);
            c20 = Vector512.Load(c + 2 * t.CStride);
            c21 = Vector512.Load(c + 16 + 2 * t.CStride);
            c30 = Vector512.Load(c + 3 * t.CStride);
            c31 = Vector512.Load(c + 16 + 3 * t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            Vector512<float> x1 = Vector512.Create(a[stride]);
            c10 = Avx512F.FusedMultiplyAdd(x1, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x1, b1, c11);
            Vector512<float> x2 = Vector512.Create(a[2 * stride]);
            c20 = Avx512F.FusedMultiplyAdd(x2, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x2, b1, c21);
            Vector512<float> x3 = Vector512.Create(a[3 * stride]);
            c30 = Avx512F.FusedMultiplyAdd(x3, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x3, b1, c31);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + t.CStride);
        c11.Store(c + 16 + t.CStride);
        c20.Store(c + 2 * t.CStride);
        c21.Store(c + 16 + 2 * t.CStride);
        c30.Store(c + 3 * t.CStride);
        c31.Store(c + 16 + 3 * t.CStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx512Rows2(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default;
        if (t.Continues)
        {
            c00 = Vector512.Load(c);
            c01 = Vector512.Load(c + 16);
            c10 = Vector512.Load(c + t.CStride);
            c11 = Vector512.Load(c + 16 + t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            Vector512<float> x1 = Vector512.Create(a[stride]);
            c10 = Avx512F.FusedMultiplyAdd(x1, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x1, b1, c11);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + t.CStride);
        c11.Store(c + 16 + t.CStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Avx512Rows1(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector512<float> c00 = default, c01 = default;
        if (t.Continues)
        {
            c00 = Vector512.Load(c);
            c01 = Vector512.Load(c + 16);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 16);
    }
}
