using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <content>
/// 128-bit vectors: four rows by eight columns, a quarter of a panel.
/// </content>
internal static unsafe partial class FloatGemm
{
    private static void PortableRows4(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector128<float> c00 = default, c01 = default, c10 = default, c11 = default;
        Vector128<float> c20 = default, c21 = default, c30 = default, c31 = default;
        if (t.Continues)
        {
            c00 = Vector128.Load(c);
            c01 = Vector128.Load(c + 4);
            c10 = Vector128.Load(c + t.CStride);
            c11 = Vector128.Load(c + 4 + t.CStride);
            c20 = Vector128.Load(c + 2 * t.CStride);
            c21 = Vector128.Load(c + 4 + 2 * t.CStride);
            c30 = Vector128.Load(c + 3 * t.CStride);
            c31 = Vector128.Load(c + 4 + 3 * t.CStride);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector128<float> b0 = Vector128.Load(b), b1 = Vector128.Load(b + 4);
            Vector128<float> x0 = Vector128.Create(a[0]);
            c00 = Vector128.FusedMultiplyAdd(x0, b0, c00);
            c01 = Vector128.FusedMultiplyAdd(x0, b1, c01);
            Vector128<float> x1 = Vector128.Create(a[stride]);
            c10 = Vector128.FusedMultiplyAdd(x1, b0, c10);
            c11 = Vector128.FusedMultiplyAdd(x1, b1, c11);
            Vector128<float> x2 = Vector128.Create(a[2 * stride]);
            c20 = Vector128.FusedMultiplyAdd(x2, b0, c20);
            c21 = Vector128.FusedMultiplyAdd(x2, b1, c21);
            Vector128<float> x3 = Vector128.Create(a[3 * stride]);
            c30 = Vector128.FusedMultiplyAdd(x3, b0, c30);
            c31 = Vector128.FusedMultiplyAdd(x3, b1, c31);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 4);
        c10.Store(c + t.CStride);
        c11.Store(c + 4 + t.CStride);
        c20.Store(c + 2 * t.CStride);
        c21.Store(c + 4 + 2 * t.CStride);
        c30.Store(c + 3 * t.CStride);
        c31.Store(c + 4 + 3 * t.CStride);
    }

    private static void PortableRows1(in Tile t)
    {
        float* a = t.A, b = t.B, c = t.C;
        nint stride = t.AStride;
        Vector128<float> c00 = default, c01 = default;
        if (t.Continues)
        {
            c00 = Vector128.Load(c);
            c01 = Vector128.Load(c + 4);
        }

        for (nint i = t.K; i > 0; i--)
        {
            Vector128<float> b0 = Vector128.Load(b), b1 = Vector128.Load(b + 4);
            Vector128<float> x0 = Vector128.Create(a[0]);
            c00 = Vector128.FusedMultiplyAdd(x0, b0, c00);
            c01 = Vector128.FusedMultiplyAdd(x0, b1, c01);
            a++;
            b += 32;
        }

        c00.Store(c);
        c01.Store(c + 4);
    }
}
