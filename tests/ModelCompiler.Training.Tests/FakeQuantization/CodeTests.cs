using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Kernels;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Training.FakeQuantization;
using QuantizedLinear = ModelCompiler.Runtime.Quantization.QuantizedLinear;

namespace ModelCompiler.Training.Tests.FakeQuantization;

/// <summary>Codes and ranges are those of the CPU executor on the same tensors, bit for bit.</summary>
public sealed unsafe class CodeTests
{
    private const int Rows = 37, Columns = 256;

    [Theory]
    [InlineData(4, Symmetry.Symmetric, 0)]
    [InlineData(4, Symmetry.Asymmetric, 0)]
    [InlineData(8, Symmetry.Symmetric, 0)]
    [InlineData(8, Symmetry.Asymmetric, 0)]
    [InlineData(4, Symmetry.Symmetric, 64)]
    [InlineData(4, Symmetry.Asymmetric, 128)]
    public void WeightCodesAreTheRuntimes(int bits, Symmetry symmetry, int group)
    {
        float[] values = Sample();
        var format = new WeightFormat(bits, symmetry, group);
        QuantizedLinear expected = WeightQuantizer.Quantize(values, Rows, Columns, format);
        Codes codes = WeightFakeQuantizer.CodesOf(Tensors.Of(values, Rows, Columns), format);

        codes.Values.ToArray().Select(v => unchecked((byte)(int)v)).ShouldBe(expected.Codes);
        codes.Scale.ToArray().ShouldBe(expected.Scales);
        (codes.Minimum?.ToArray() ?? []).ShouldBe(expected.Minima);
        var dequantized = new float[values.Length];
        expected.Dequantize(dequantized);
        WeightFakeQuantizer.Apply(Tensors.Of(values, Rows, Columns), format).ToArray().ShouldBe(dequantized);
    }

    [Theory]
    [InlineData(4, false, false, 0f)]
    [InlineData(4, true, false, 0f)]
    [InlineData(8, false, false, 0f)]
    [InlineData(8, true, false, 0f)]
    [InlineData(4, false, true, 0f)]
    [InlineData(4, true, true, 0f)]
    [InlineData(4, false, false, 0.7f)]
    [InlineData(8, true, false, 0.7f)]
    public void ActivationCodesAreTheExecutors(int bits, bool asymmetric, bool isStatic, float clip)
    {
        float[] values = Sample();
        var format = new ActivationFormat(
            bits, asymmetric ? Symmetry.Asymmetric : Symmetry.Symmetric, isStatic ? ActivationRange.Static : ActivationRange.PerToken);
        using var quantizer = new ActivationFakeQuantizer();
        if (isStatic)
            quantizer.SetStaticRange(-0.9f, 1.1f, torch.CPU);
        if (clip > 0)
            quantizer.SetClip(clip, learned: false, "clip", torch.CPU);
        Codes codes = quantizer.CodesOf(Tensors.Of(values, Rows, Columns), format);

        float limit = clip > 0 ? clip : float.PositiveInfinity;
        float staticScale = asymmetric ? (1.1f - -0.9f) / ((1 << bits) - 1) : 1.1f / ((1 << (bits - 1)) - 1);
        RowQuantizer runtime = isStatic
            ? RowQuantizer.Static(bits, asymmetric, staticScale, -0.9f, limit)
            : RowQuantizer.PerToken(bits, asymmetric, limit);
        float[] found = codes.Values.ToArray(), scales = codes.Scale.ToArray(), minima = codes.Minimum?.ToArray() ?? [];
        var stored = new byte[Columns];
        for (int row = 0; row < Rows; row++)
        {
            fixed (float* x = &values[row * Columns])
            fixed (byte* q = stored)
            {
                runtime.Row(x, Columns, q, out float scale, out float lo);
                scales[isStatic ? 0 : row].ShouldBe(scale);
                if (asymmetric)
                    minima[isStatic ? 0 : row].ShouldBe(lo);
            }

            for (int i = 0; i < Columns; i++)
                ((int)found[row * Columns + i]).ShouldBe(asymmetric ? stored[i] : stored[i] - 128, $"row {row}, column {i}");
        }
    }

    /// <summary>Ordinary rows, a row of zeros, a constant row, and one whose values are ties between codes.</summary>
    private static float[] Sample()
    {
        float[] values = Tensors.Random(Rows * Columns, seed: 5);
        values.AsSpan(0, Columns).Clear();
        values.AsSpan(Columns, Columns).Fill(0.3f);
        for (int i = 0; i < Columns; i++)
            values[2 * Columns + i] = (i % 15 - 7) * 0.5f;
        return values;
    }
}
