using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed unsafe class Int8GemmTests
{
    /// <summary>Activation range and weight range of every pairing that a plan can ask for, extremes included.</summary>
    public static TheoryData<int, int, int, int> Ranges => new()
    {
        { -128, 127, -128, 127 }, { 0, 255, -128, 127 }, { 0, 255, 0, 255 }, { -128, 127, 0, 255 },
        { -8, 7, -8, 7 }, { 0, 15, 0, 15 }, { -128, 127, -8, 7 }, { 0, 255, 0, 15 },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Every_path_is_exact_at_ragged_sizes(int aLow, int aHigh, int wLow, int wHigh)
    {
        foreach (int m in new[] { 1, 2, 3, 5, 6, 7, 8, 11, 17 })
        foreach (int n in new[] { 1, 15, 16, 17, 45 })
        foreach (int k in new[] { 1, 3, 4, 31, 64, 129 })
            Check(m, n, k, groupSize: 0, (aLow, aHigh), (wLow, wHigh), extreme: false);
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void The_largest_sums_do_not_saturate(int aLow, int aHigh, int wLow, int wHigh) =>
        Check(7, 33, 4096, groupSize: 0, (aLow, aHigh), (wLow, wHigh), extreme: true);

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Groups_are_summed_apart(int aLow, int aHigh, int wLow, int wHigh)
    {
        Check(9, 37, 256, groupSize: 64, (aLow, aHigh), (wLow, wHigh), extreme: false);
        Check(3, 16, 384, groupSize: 128, (aLow, aHigh), (wLow, wHigh), extreme: false);
    }

    [Fact]
    public void Packing_refuses_codes_of_mixed_range() =>
        Should.Throw<ArgumentException>(() => PackedInt8Matrix.Pack([-1, 200], 1, 2)).Message.ShouldContain("[0, 0]");

    [Fact]
    public void Packing_refuses_a_group_that_does_not_divide_the_row() =>
        Should.Throw<ArgumentException>(() => PackedInt8Matrix.Pack(new short[96], 1, 96, 64)).Message.ShouldContain("K = 96");

    private static void Check(int m, int n, int k, int groupSize, (int Low, int High) aRange, (int Low, int High) wRange, bool extreme)
    {
        var random = new Random(m * 7919 + n * 31 + k);
        short[] a = Codes(random, m * k, aRange, extreme), w = Codes(random, n * k, wRange, extreme);
        using PackedInt8Matrix packed = PackedInt8Matrix.Pack(w, n, k, groupSize);
        int groups = packed.Groups, group = packed.GroupSize, stride = packed.PaddedK + 16;
        bool isSigned = aRange.Low < 0;
        byte[] stored = new byte[m * stride];
        random.NextBytes(stored); // the padding may hold anything
        int[] sums = new int[m * groups];
        for (int i = 0; i < m * k; i++)
        {
            stored[i / k * stride + i % k] = (byte)(a[i] + (isSigned ? 128 : 0));
            sums[i / k * groups + i % k / group] += a[i];
        }

        int[] c = new int[m * packed.PaddedN];
        for (int g = 0; g < groups; g++)
        {
            foreach (Int8Path path in InstructionPaths.Int8)
            {
                fixed (byte* codes = stored)
                fixed (int* codeSums = sums, result = c)
                {
                    // In two row blocks and panel by panel, as threads do it.
                    var rows = new CodeRows(codes, stride, isSigned, codeSums);
                    int half = m / 2;
                    for (int panel = 0; panel < packed.Panels; panel++)
                    {
                        int* target = result + panel * 16;
                        Int8Gemm.Multiply(rows, packed, g, 0, half, panel, 1, target, packed.PaddedN, path);
                        Int8Gemm.Multiply(rows, packed, g, half, m - half, panel, 1, target + half * packed.PaddedN, packed.PaddedN, path);
                    }
                }

                for (int i = 0; i < m * n; i++)
                {
                    int expected = 0;
                    for (int x = g * group; x < (g + 1) * group; x++)
                        expected += a[i / n * k + x] * w[i % n * k + x];
                    if (c[i / n * packed.PaddedN + i % n] != expected)
                        c[i / n * packed.PaddedN + i % n].ShouldBe(expected, $"{path} m={m} n={n} k={k} group {g} at [{i / n}, {i % n}]");
                }
            }
        }
    }

    private static short[] Codes(Random random, int count, (int Low, int High) range, bool extreme)
    {
        short[] codes = new short[count];
        for (int i = 0; i < count; i++)
        {
            codes[i] = (short)(extreme
                ? -range.Low > range.High ? range.Low : range.High
                : random.Next(range.Low, range.High + 1));
        }

        return codes;
    }
}
