using System.Runtime.Intrinsics;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed unsafe class ElementwiseTests
{
    [Fact]
    public void Rounding_to_half_equals_the_conversion_for_every_value_near_a_half()
    {
        // Each finite FP16 value, the tie above it, and the floats next to both.
        var values = new List<float>();
        for (int bits = 0; bits < 0x7C00; bits++)
        {
            float value = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            float next = bits == 0x7BFF ? 65536f : (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1));
            float tie = (float)(((double)value + next) / 2);
            foreach (float x in new[] { value, MathF.BitIncrement(value), MathF.BitDecrement(tie), tie, MathF.BitIncrement(tie) })
            {
                values.Add(x);
                values.Add(-x);
            }
        }

        values.AddRange([1e-30f, float.Epsilon, 7e4f, 1e10f, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, -0f, float.NaN]);
        CompareHalves(values.ToArray());
    }

    [Fact]
    public void Rounding_to_half_equals_the_conversion_for_random_bits()
    {
        var random = new Random(1);
        float[] values = new float[1_000_003];
        for (int i = 0; i < values.Length; i++)
            values[i] = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
        CompareHalves(values);
    }

    [Fact]
    public void Exp_is_within_two_ulp()
    {
        double worst = 0;
        for (float x = -87.3f; x < 88f; x += 0.00137f)
        {
            float found = VectorMath.Exp(Vector256.Create(x))[3];
            double expected = Math.Exp(x);
            double ulp = MathF.BitIncrement((float)expected) - (double)(float)expected;
            worst = Math.Max(worst, Math.Abs(found - expected) / ulp);
        }

        worst.ShouldBeLessThan(2);
    }

    [Theory]
    [InlineData(-87.4f)]
    [InlineData(-1000f)]
    [InlineData(float.NegativeInfinity)]
    public void Exp_of_very_negative_numbers_is_zero(float x) => VectorMath.Exp(Vector256.Create(x))[0].ShouldBe(0);

    [Fact]
    public void Exp_of_zero_is_one() => VectorMath.Exp(Vector256<float>.Zero)[7].ShouldBe(1);

    [Fact]
    public void Erf_and_gelu_are_within_a_millionth()
    {
        double worstErf = 0, worstGelu = 0;
        for (float x = -7; x < 7; x += 0.00093f)
        {
            worstErf = Math.Max(worstErf, Math.Abs(VectorMath.Erf(Vector256.Create(x))[0] - Erf(x)));
            worstGelu = Math.Max(worstGelu, Math.Abs(Apply(ActivationFunction.Gelu, x) - 0.5 * x * (1 + Erf(x / Math.Sqrt(2)))) / Math.Max(1, Math.Abs(x)));
        }

        worstErf.ShouldBeLessThan(1e-6);
        worstGelu.ShouldBeLessThan(1e-6);
    }

    [Fact]
    public void Tanh_and_the_tanh_form_of_gelu_are_within_a_millionth()
    {
        for (float x = -12; x < 12; x += 0.0037f)
        {
            Math.Abs(Apply(ActivationFunction.Tanh, x) - Math.Tanh(x)).ShouldBeLessThan(1e-6);
            double gelu = 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * Math.Pow(x, 3))));
            Math.Abs(Apply(ActivationFunction.GeluTanh, x) - gelu).ShouldBeLessThan(1e-6 * Math.Max(1, Math.Abs(x)));
        }
    }

    [Fact]
    public void Relu_cuts_at_zero()
    {
        Apply(ActivationFunction.Relu, -3).ShouldBe(0);
        Apply(ActivationFunction.Relu, 3).ShouldBe(3);
    }

    [Fact]
    public void A_value_does_not_depend_on_its_place_in_the_row()
    {
        foreach (ActivationFunction function in new[] { ActivationFunction.Gelu, ActivationFunction.GeluTanh, ActivationFunction.Tanh })
        {
            float[] row = new float[37];
            Array.Fill(row, 0.7331f);
            fixed (float* y = row)
                Elementwise.Activate(function, y, row.Length);
            row.ShouldAllBe(y => y == row[0]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(32)]
    [InlineData(257)]
    public void Layer_norm_equals_the_formula_in_double(int count)
    {
        var random = new Random(count);
        float[] x = Rows.Random(random, count, 3), gamma = Rows.Random(random, count), beta = Rows.Random(random, count);
        for (int i = 0; i < count; i++)
            x[i] += 5;
        double mean = x.Average(v => (double)v), variance = x.Average(v => ((double)v - mean) * (v - mean));
        float[] expected = x.Select((v, i) => (float)((v - mean) / Math.Sqrt(variance + 1e-12) * gamma[i] + beta[i])).ToArray();
        if (count == 1)
            expected[0] = beta[0];
        fixed (float* y = x, g = gamma, b = beta)
            LayerNormKernel.Row(y, g, b, 1e-12f, count);
        Rows.RelativeError(x, expected).ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void Normalized_rows_have_unit_length_and_zero_stays_zero()
    {
        float[] row = Rows.Random(new Random(3), 45), zero = new float[9];
        fixed (float* y = row, z = zero)
        {
            Elementwise.Normalize(y, row.Length);
            Elementwise.Normalize(z, zero.Length);
        }

        row.Sum(v => (double)v * v).ShouldBe(1, 1e-6);
        zero.ShouldAllBe(v => v == 0);
    }

    private static float Apply(ActivationFunction function, float x)
    {
        Elementwise.Activate(function, &x, 1);
        return x;
    }

    private static void CompareHalves(float[] values)
    {
        float[] rounded = new float[values.Length];
        fixed (float* x = values, y = rounded)
            Elementwise.RoundToHalf(x, y, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            float expected = (float)(Half)values[i];
            if (float.IsNaN(expected))
                float.IsNaN(rounded[i]).ShouldBeTrue();
            else if (BitConverter.SingleToInt32Bits(rounded[i]) != BitConverter.SingleToInt32Bits(expected))
                rounded[i].ShouldBe(expected, $"{values[i]:R} ({BitConverter.SingleToInt32Bits(values[i]):X8})");
        }
    }

    /// <summary>erf by its Taylor series near zero and by the continued fraction of erfc further out.</summary>
    private static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a < 3)
        {
            double term = a, sum = a;
            for (int n = 1; Math.Abs(term) > 1e-18; n++)
            {
                term *= -a * a / n;
                sum += term / (2 * n + 1);
            }

            return Math.Sign(x) * sum * 2 / Math.Sqrt(Math.PI);
        }

        double fraction = 0;
        for (int n = 60; n > 0; n--)
            fraction = n / 2.0 / (a + fraction);
        return Math.Sign(x) * (1 - Math.Exp(-a * a) / Math.Sqrt(Math.PI) / (a + fraction));
    }
}
