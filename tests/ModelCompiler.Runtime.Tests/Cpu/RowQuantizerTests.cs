using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed unsafe class RowQuantizerTests
{
    [Theory]
    [InlineData(4, false)]
    [InlineData(4, true)]
    [InlineData(8, false)]
    [InlineData(8, true)]
    public void Codes_scale_and_sums_follow_the_contract(int bits, bool asymmetric)
    {
        var random = new Random(bits);
        foreach (int count in new[] { 1, 3, 8, 15, 16, 17, 33, 256, 771 })
        foreach (float clip in new[] { float.PositiveInfinity, 0.8f })
        {
            float[] x = Rows.Random(random, count, 2);
            (int[] codes, float scale, float lo) = Reference(x, bits, asymmetric, clip, null);
            Compare(RowQuantizer.PerToken(bits, asymmetric, clip), x, asymmetric, codes, scale, lo);
            (codes, scale, lo) = Reference(x, bits, asymmetric, clip, (0.05f, -0.4f));
            Compare(RowQuantizer.Static(bits, asymmetric, 0.05f, -0.4f, clip), x, asymmetric, codes, scale, lo);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_row_without_range_has_scale_one(bool asymmetric)
    {
        float[] x = new float[20];
        Compare(RowQuantizer.PerToken(8, asymmetric), x, asymmetric, new int[20], 1, 0);
        Array.Fill(x, 0.25f);
        if (asymmetric)
            Compare(RowQuantizer.PerToken(8, asymmetric), x, asymmetric, new int[20], 1, 0.25f);
    }

    [Fact]
    public void Ties_go_to_even()
    {
        float[] x = [0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 3.5f, 1f, 0, 0, 0, 0, 0, 0, 0, 0, 4.5f, -8f];
        int[] expected = [0, 2, 2, 0, -2, -2, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, -8];
        Compare(RowQuantizer.Static(8, false, 1, 0), x, false, expected, 1, 0);
    }

    /// <summary>Products above 2.5 that fp32 would first round to 2.5, and that tie to 2.</summary>
    [Fact]
    public void Codes_are_rounded_once()
    {
        int found = 0;
        for (int i = 1; i < 1000; i++)
        {
            float scale = 0.001f * i, inverse = 1f / scale, x = 2.5f / inverse;
            if (x * inverse != 2.5f || (double)x * inverse <= 2.5)
                continue;
            found++;
            Compare(RowQuantizer.Static(8, false, scale, 0), [x], false, [3], scale, 0);
        }

        found.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Values_outside_of_a_static_range_are_clamped()
    {
        float[] x = [1e9f, -1e9f, float.PositiveInfinity, float.NegativeInfinity, 3e38f, 1, 2, 3];
        Compare(RowQuantizer.Static(4, false, 1e-3f, 0), x, false, [7, -8, 7, -8, 7, 7, 7, 7], 1e-3f, 0);
    }

    private static void Compare(RowQuantizer quantizer, float[] x, bool asymmetric, int[] expected, float scale, float lo)
    {
        byte[] codes = new byte[x.Length];
        int sum;
        float foundScale, foundLo;
        fixed (float* p = x)
        fixed (byte* c = codes)
            quantizer.Row(p, x.Length, c, out foundScale, out foundLo, &sum);
        foundScale.ShouldBe(scale);
        foundLo.ShouldBe(lo);
        codes.Select(code => code - (asymmetric ? 0 : 128)).ShouldBe(expected);
        sum.ShouldBe(expected.Sum());

        int group = 16;
        if (x.Length % group != 0)
            return;
        int[] sums = new int[x.Length / group];
        fixed (float* p = x)
        fixed (byte* c = codes)
        fixed (int* s = sums)
            quantizer.Row(p, x.Length, c, out _, out _, s, group);
        sums.ShouldBe(expected.Chunk(group).Select(part => part.Sum()));
    }

    private static (int[] Codes, float Scale, float Lo) Reference(float[] x, int bits, bool asymmetric, float clip, (float Scale, float Lo)? range)
    {
        float[] clipped = x.Select(v => Math.Clamp(v, -clip, clip)).ToArray();
        int high = asymmetric ? (1 << bits) - 1 : (1 << (bits - 1)) - 1, low = asymmetric ? 0 : -high - 1;
        float lo = asymmetric ? range?.Lo ?? clipped.Min() : 0;
        float scale = range?.Scale ?? (asymmetric ? (clipped.Max() - lo) / high : clipped.Max(MathF.Abs) / high);
        if (scale == 0)
            scale = 1;
        float inverse = 1f / scale;
        return (clipped.Select(v => (int)Math.Clamp(Math.Round((double)(v - lo) * inverse, MidpointRounding.ToEven), low, high)).ToArray(), scale, lo);
    }
}
