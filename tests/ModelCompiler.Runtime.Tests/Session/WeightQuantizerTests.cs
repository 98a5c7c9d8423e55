using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>Round-to-nearest quantization of weights as docs/numerics.md defines it.</summary>
public class WeightQuantizerTests
{
    [Fact]
    public void Symmetric_codes_follow_the_definition()
    {
        // S = 3.5 / 7 = 0.5; ties go to the even code.
        float[] row = [3.5f, -3.5f, 0.25f, 0.75f, -0.25f, 0f, 1f, -4f + 0.75f];
        QuantizedLinear q = WeightQuantizer.Quantize(row, 1, 8, new(4, Symmetry.Symmetric, 0));

        q.Scales.ShouldBe([0.5f]);
        q.SignedCodes.ToArray().ShouldBe(new sbyte[] { 7, -7, 0, 2, 0, 0, 2, -6 });
        q.Minima.ShouldBeEmpty();
    }

    [Fact]
    public void Asymmetric_codes_follow_the_definition()
    {
        // lo = -1, S = (6.5 + 1) / 15 = 0.5
        float[] row = [-1f, 6.5f, 0f, -0.75f, -0.25f, 2.1f];
        QuantizedLinear q = WeightQuantizer.Quantize(row, 1, 6, new(4, Symmetry.Asymmetric, 0));

        q.Scales.ShouldBe([0.5f]);
        q.Minima.ShouldBe([-1f]);
        q.Codes.ShouldBe(new byte[] { 0, 15, 2, 0, 2, 6 });
    }

    [Theory]
    [InlineData(Symmetry.Symmetric)]
    [InlineData(Symmetry.Asymmetric)]
    public void A_constant_row_has_scale_one(Symmetry symmetry)
    {
        float value = symmetry == Symmetry.Symmetric ? 0 : 0.3f;
        QuantizedLinear q = WeightQuantizer.Quantize([value, value], 1, 2, new(8, symmetry, 0));
        q.Scales.ShouldBe([1f]);

        var back = new float[2];
        q.Dequantize(back);
        back.ShouldBe([value, value]);
    }

    [Fact]
    public void Groups_have_scales_of_their_own()
    {
        float[] row = [.. Enumerable.Repeat(7f, 64), .. Enumerable.Repeat(-14f, 64)];
        QuantizedLinear q = WeightQuantizer.Quantize(row, 1, 128, new(4, Symmetry.Symmetric, 64));

        q.Groups.ShouldBe(2);
        q.Scales.ShouldBe([1f, 2f]);
        q.SignedCodes.ToArray().ShouldAllBe(code => Math.Abs(code) == 7);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_that_are_not_finite_are_refused(float value)
    {
        Should.Throw<ArgumentException>(() => WeightQuantizer.Quantize([1f, value], 1, 2, new(8, Symmetry.Symmetric, 0)));
        Should.Throw<ArgumentException>(() => WeightQuantizer.Quantize([1f, value], 1, 2, new(8, Symmetry.Asymmetric, 0)));
    }

    [Fact]
    public void A_range_too_small_for_its_inverse_has_scale_one()
    {
        QuantizedLinear q = WeightQuantizer.Quantize([float.Epsilon, 0f], 1, 2, new(4, Symmetry.Symmetric, 0));
        q.Scales.ShouldBe([1f]);
        q.Codes.ShouldBe(new byte[] { 0, 0 });
    }

    [Property(MaxTest = 300)]
    public Property Every_value_comes_back_within_half_a_step()
    {
        var cases =
            from bits in Gen.Elements(4, 8)
            from symmetry in Gen.Elements(Symmetry.Symmetric, Symmetry.Asymmetric)
            from size in Gen.Elements(0, 64)
            from scale in Gen.Elements(1e-6f, 0.02f, 1f, 1e6f)
            from values in Gen.ArrayOf(Gen.Choose(-10_000, 10_000), 3 * 128)
            select (new WeightFormat(bits, symmetry, size), values.Select(v => v * scale / 10_000).ToArray());
        return Prop.ForAll(cases.ToArbitrary(), c =>
        {
            (WeightFormat format, float[] values) = c;
            QuantizedLinear q = WeightQuantizer.Quantize(values, 3, 128, format);
            var back = new float[values.Length];
            q.Dequantize(back);
            int inputs = 128 / q.Groups;
            return Enumerable.Range(0, values.Length).All(i =>
                Math.Abs(values[i] - back[i]) <= q.Scales[i / inputs] * 0.5f * (1 + 1e-4f) + Math.Abs(values[i]) * 1e-6f);
        });
    }
}
