using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>Weights in the order of native/include/mc/hopper/weight_tiles.cuh.</summary>
public class SwizzledRowLayoutTests
{
    [Theory]
    [InlineData(4, Symmetry.Symmetric, 72, 96)]
    [InlineData(4, Symmetry.Asymmetric, 16, 128)]
    [InlineData(8, Symmetry.Symmetric, 40, 272)]
    [InlineData(4, Symmetry.Symmetric, 40, 288, true)]
    public unsafe void Every_code_lies_where_the_kernel_looks_for_it(int bits, Symmetry symmetry, int n, int k, bool ofNibbles = false)
    {
        var random = new Random(n * k + bits);
        bool isSigned = symmetry == Symmetry.Symmetric;
        byte[] codes = [.. Enumerable.Range(0, n * k).Select(_ => (byte)(isSigned ? random.Next(-(1 << (bits - 1)), 1 << (bits - 1)) : random.Next(1 << bits)))];
        var format = new WeightFormat(bits, symmetry, 0);
        float[] ones = [.. Enumerable.Repeat(1f, n)];
        var activations = new ActivationFormat(8, symmetry, ActivationRange.PerToken);
        var layout = new SwizzledRowLayout(new(n, k, new(format, activations), GemmFamily.Int8), ofNibbles);
        using var block = new HostBlock(layout.Bytes);
        layout.Pack(new QuantizedLinear(n, k, format, codes, ones, isSigned ? [] : ones), block.Pointer);

        var seen = new byte[layout.Bytes];
        for (int i = 0; i < codes.Length; i++)
        {
            long at = Position(n, i / k, ofNibbles ? PlaceOfNibble(i % k) : i % k);
            block.Pointer[at].ShouldBe(codes[i], $"n {i / k}, k {i % k}");
            seen[at]++;
        }

        // Everything has a place of its own, and what is between is zero.
        seen.Max().ShouldBe((byte)1);
        for (long at = 0; at < layout.Bytes; at++)
            (seen[at] == 1 || block.Pointer[at] == 0).ShouldBeTrue($"byte {at}");
    }

    [Fact]
    public unsafe void Every_half_lies_where_the_kernel_looks_for_it()
    {
        const int N = 24, K = 80;
        Half[] values = [.. Enumerable.Range(1, N * K).Select(i => (Half)i)];
        var layout = new SwizzledRowLayout(new(N, K, LinearPrecision.Float16, GemmFamily.Float16), ofNibbles: false);
        using var block = new HostBlock(layout.Bytes);
        layout.Pack(values, block.Pointer);
        for (int i = 0; i < values.Length; i++)
            (*(Half*)(block.Pointer + Position(N, i / K, 2 * (i % K)))).ShouldBe(values[i]);
    }

    /// <summary>
    /// The kernel reads packed codes 16 bytes a lane, four lanes a row of 64: word s of lane t has the 8 inputs from 32 t + 8 s on. Those
    /// in low nibbles are bytes 4 t to 4 t + 3 of the 32 of product s, the others 16 further on.
    /// </summary>
    private static int PlaceOfNibble(int k)
    {
        int input = k % 128, lane = input / 32, word = input % 32 / 8, codeByte = input % 8 / 2, nibble = input % 2;
        return k - input + (32 * word) + (16 * nibble) + (4 * lane) + codeByte;
    }

    /// <summary>WeightTiles::position of the header: pieces of 128 bytes, all rows of one after the other.</summary>
    private static long Position(int outputs, int n, int rowByte)
    {
        int rows = (outputs + 31) / 32 * 32, row = n / 32 * 32 + n % 8 / 2 * 8 + n % 32 / 8 * 2 + n % 2;
        return ((long)(rowByte / 128) * rows + row) * 128 + ((rowByte % 128 / 16) ^ (row % 8)) * 16 + rowByte % 16;
    }
}
