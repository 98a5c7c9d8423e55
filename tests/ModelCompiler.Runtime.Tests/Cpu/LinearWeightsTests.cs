using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>One linear part: its result equals the product of the dequantized operands in double, to fp32 accuracy.</summary>
public sealed unsafe class LinearWeightsTests
{
    public static TheoryData<string> SchemeNames => new(Encoders.Schemes.Keys.Where(name => name != "mixed"));

    [Theory]
    [MemberData(nameof(SchemeNames))]
    public void The_result_is_the_product_of_the_dequantized_operands(string name)
    {
        LinearPrecision precision = Encoders.Schemes[name].Qkv;
        bool grouped = precision.Weights.GroupSize > 0;
        foreach ((int m, int n, int k) in new[] { (1, 45, 256), (7, 32, 384), (19, 300, 128), (50, 33, grouped ? 256 : 131) })
            Check(m, n, k, precision);
    }

    private static void Check(int m, int n, int k, LinearPrecision precision)
    {
        var source = new RandomWeights(m);
        var weight = new PlanWeight(WeightRole.Qkv, 0);
        using LinearWeights weights = LinearWeights.Bind(source, weight, n, k, precision);
        float[] x = Rows.Random(new Random(m + n + k), m * k, 1.7f);
        for (int i = 0; i < x.Length; i++)
            x[i] = (float)(Half)(x[i] + 0.3f);

        int groups = weights is IntegerLinearWeights integer ? integer.Matrix.Groups : 1, stride = Round.UpTo(k, 64);
        byte[] codes = new byte[m * stride];
        float[] scale = new float[m], lo = new float[m];
        int[] sums = new int[m * groups];
        double[] a = Array.ConvertAll(x, v => (double)v);
        float[] y = new float[m * weights.PaddedN], scratch = new float[weights.ScratchLength(m) + 16];
        fixed (float* px = x, ps = scale, pl = lo, py = y, pScratch = scratch)
        fixed (byte* pc = codes)
        fixed (int* pSums = sums)
        {
            bool asymmetric = precision.Activations.Symmetry == Symmetry.Asymmetric;
            if (precision.IsInteger)
            {
                StaticRange range = source.InputRange(weight, precision.Activations);
                RowQuantizer quantizer = precision.Activations.Range == ActivationRange.Static
                    ? RowQuantizer.Static(precision.Activations.Bits, asymmetric, range.Scale, range.Minimum)
                    : RowQuantizer.PerToken(precision.Activations.Bits, asymmetric);
                for (int row = 0; row < m; row++)
                {
                    quantizer.Row(px + row * k, k, pc + row * stride, out ps[row], out pl[row], pSums + row * groups, k / groups);
                    for (int i = 0; i < k; i++)
                        a[row * k + i] = (double)scale[row] * (codes[row * stride + i] - (asymmetric ? 0 : 128)) + lo[row];
                }
            }

            var input = new LinearInput
            {
                Floats = precision.IsInteger ? null : px, Codes = new(pc, stride, !asymmetric, pSums), Scale = ps, Lo = pl,
            };
            int half = weights.Blocks / 2;
            weights.Multiply(input, 0, m, 0, half, py, weights.PaddedN, pScratch);
            weights.Multiply(input, 0, m, half, weights.Blocks - half, py + half * LinearWeights.ColumnBlock, weights.PaddedN, pScratch);
        }

        double[] w = Dequantized(source.Matrix(weight, n, k), k, precision.Weights);
        float[] bias = source.Vector(weight, true, n);
        float[] expected = new float[m * n], found = new float[m * n];
        for (int i = 0; i < expected.Length; i++)
        {
            double sum = bias[i % n];
            for (int j = 0; j < k; j++)
                sum += a[i / n * k + j] * w[i % n * k + j];
            expected[i] = (float)sum;
            found[i] = y[i / n * weights.PaddedN + i % n];
        }

        // With a minimum on both sides, terms a few times as large as the result cancel.
        bool cancels = precision.Weights.Symmetry == Symmetry.Asymmetric && precision.Activations.Symmetry == Symmetry.Asymmetric;
        Rows.RelativeError(found, expected).ShouldBeLessThan(cancels ? 1e-5 : 2e-6, $"{precision} m={m} n={n} k={k}");
    }

    private static double[] Dequantized(float[] w, int k, WeightFormat format)
    {
        if (!format.IsQuantized)
            return Array.ConvertAll(w, v => (double)v);
        QuantizedMatrix matrix = QuantizedMatrix.RoundToNearest(w, k, format);
        return matrix.Codes.Select((code, i) =>
            (double)matrix.Scales[i / matrix.GroupSize] * code + (matrix.Minimums?[i / matrix.GroupSize] ?? 0)).ToArray();
    }
}
