using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed unsafe class FloatGemmTests
{
    [Fact]
    public void Every_path_equals_fused_multiply_adds_in_input_order()
    {
        foreach (int m in new[] { 1, 2, 3, 5, 7, 8, 9, 15, 17 })
        foreach (int n in new[] { 1, 7, 31, 32, 33, 70 })
        foreach (int k in new[] { 1, 5, 64, 131 })
            Check(m, n, k);
    }

    private static void Check(int m, int n, int k)
    {
        var random = new Random(m * 7919 + n * 31 + k);
        float[] a = Rows.Random(random, m * k), w = Rows.Random(random, n * k);
        using PackedFloatMatrix packed = PackedFloatMatrix.Pack(w, n, k);
        int stride = packed.Panels * PackedFloatMatrix.PanelColumns;
        float[] c = new float[m * stride];
        foreach (FloatPath path in InstructionPaths.Float)
        {
            fixed (float* x = a, result = c)
                FloatGemm.Multiply(x, k, m, packed, 0, packed.Panels, 0, k, result, stride, path);
            for (int i = 0; i < m * n; i++)
            {
                float expected = 0;
                for (int j = 0; j < k; j++)
                    expected = MathF.FusedMultiplyAdd(a[i / n * k + j], w[i % n * k + j], expected);
                if (c[i / n * stride + i % n] != expected)
                    c[i / n * stride + i % n].ShouldBe(expected, $"{path} m={m} n={n} k={k} at [{i / n}, {i % n}]");
            }
        }
    }
}
