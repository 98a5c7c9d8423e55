using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>
/// Packed weights against native/include/mc/weight_layout.cuh: <see cref="Position"/> is that header's function, line for
/// line, and says for each element where it must be.
/// </summary>
public class FragmentLayoutTests
{
    [Theory]
    [InlineData(GemmFamily.Int4, 4, Symmetry.Symmetric, 72, 96)]
    [InlineData(GemmFamily.Int4, 4, Symmetry.Asymmetric, 16, 64)]
    [InlineData(GemmFamily.Int8, 8, Symmetry.Symmetric, 72, 96)]
    [InlineData(GemmFamily.Int8, 8, Symmetry.Asymmetric, 33, 48)]
    [InlineData(GemmFamily.Int8Weight4, 4, Symmetry.Symmetric, 72, 96)]
    [InlineData(GemmFamily.Int8Weight4, 4, Symmetry.Asymmetric, 48, 128)]
    [InlineData(GemmFamily.Float16Weight4, 4, Symmetry.Symmetric, 72, 96)]
    [InlineData(GemmFamily.Float16Weight4, 4, Symmetry.Asymmetric, 40, 64)]
    public unsafe void Every_code_lies_where_the_kernel_looks_for_it(GemmFamily family, int bits, Symmetry symmetry, int n, int k)
    {
        var random = new Random(n * k + bits);
        byte[] codes = [.. Enumerable.Range(0, n * k).Select(_ => Code(random, bits, symmetry))];
        var format = new WeightFormat(bits, symmetry, 0);
        float[] ones = [.. Enumerable.Repeat(1f, n)];
        var linear = new QuantizedLinear(n, k, format, codes, ones, symmetry == Symmetry.Asymmetric ? ones : []);
        var layout = new FragmentLayout(new(n, k, new(format, Activations(family)), family));
        using var block = new HostBlock(layout.Bytes);
        layout.Pack(linear, block.Pointer);

        int bias = family == GemmFamily.Float16Weight4 && symmetry == Symmetry.Symmetric ? 8 : 0, mask = (1 << bits) - 1;
        long used = 0;
        for (int i = 0; i < codes.Length; i++)
        {
            (long at, int shift) = Position(family, bits, i / k, i % k, k);
            ((block.Pointer[at] >> shift) & mask).ShouldBe((codes[i] + bias) & mask, $"n {i / k}, k {i % k}");
            used += (codes[i] + bias) & mask;
        }

        // What lies outside of [N, K] is zero bits, but that padding of K keeps the bias off too: sums over all fields agree.
        SumOfFields(block, bits).ShouldBe(used);
    }

    [Fact]
    public unsafe void Every_half_lies_where_the_kernel_looks_for_it()
    {
        const int N = 72, K = 40;
        Half[] values = [.. Enumerable.Range(1, N * K).Select(i => (Half)i)];
        var layout = new FragmentLayout(new(N, K, LinearPrecision.Float16, GemmFamily.Float16));
        using var block = new HostBlock(layout.Bytes);
        layout.Pack(values, block.Pointer);

        for (int i = 0; i < values.Length; i++)
            (*(Half*)(block.Pointer + Position(GemmFamily.Float16, 16, i / K, i % K, K).Byte)).ShouldBe(values[i]);
    }

    /// <summary>WeightLayout::position of the header.</summary>
    private static (long Byte, int Shift) Position(GemmFamily family, int bits, int n, int k, int inputs)
    {
        bool forInt8 = family == GemmFamily.Int8Weight4, forFloat16 = family == GemmFamily.Float16Weight4;
        int blockK = forInt8 || forFloat16 ? 64 : 256 / bits, blocksK = (inputs + blockK - 1) / blockK;
        long block = (long)(n / 16) * blocksK + k / blockK;
        int g = n % 8, h = n % 16 / 8, input = k % blockK, t, at, shift;
        if (forInt8)
        {
            int s = input / 32, half = input % 32 / 16;
            (t, at, shift) = (input % 16 / 4, 4 * (2 * h + s) + input % 4, 4 * half);
        }
        else if (forFloat16)
        {
            int p = input / 32, s = input % 32 / 16, i = input % 16 / 8, e = input % 2, nibble = 2 * s + i + 4 * e;
            (t, at, shift) = (input % 8 / 2, 4 * (2 * h + p) + nibble / 2, nibble % 2 * 4);
        }
        else
        {
            int row = input * bits / 8;
            (t, at, shift) = (row % 16 / 4, 8 * h + row / 16 * 4 + row % 4, input * bits % 8);
        }

        return (block * 512 + (4 * g + t) * 16 + at, shift);
    }

    private static byte Code(Random random, int bits, Symmetry symmetry) =>
        (byte)(symmetry == Symmetry.Asymmetric ? random.Next(1 << bits) : random.Next(-(1 << (bits - 1)), 1 << (bits - 1)));

    private static ActivationFormat Activations(GemmFamily family) => family switch
    {
        GemmFamily.Int4 => new(4, Symmetry.Symmetric, ActivationRange.PerToken),
        GemmFamily.Float16Weight4 => ActivationFormat.Float16,
        _ => new(8, Symmetry.Symmetric, ActivationRange.PerToken),
    };

    private static unsafe long SumOfFields(HostBlock block, int bits)
    {
        long sum = 0;
        for (long i = 0; i < block.Bytes; i++)
            sum += bits == 4 ? (block.Pointer[i] & 15) + (block.Pointer[i] >> 4) : block.Pointer[i];
        return sum;
    }
}
