using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>Weights in the order of native/include/mc/hopper/sparse_weights.cuh.</summary>
public class SparseRowLayoutTests
{
    private const int PieceBytes = 8192 + 2048;

    [Theory]
    [InlineData(4, 72, 96)]
    [InlineData(4, 128, 128)]
    [InlineData(8, 200, 272)]
    public unsafe void What_the_instruction_reads_is_the_matrix(int bits, int n, int k)
    {
        var random = new Random(n * k + bits);
        var codes = new byte[n * k];
        for (int i = 0; i < codes.Length; i += 4)
        {
            // 0, 1 or 2 codes that are not zero, at any places.
            for (int kept = random.Next(3); kept > 0; kept--)
                codes[i + random.Next(4)] = (byte)random.Next(-(1 << (bits - 1)), 1 << (bits - 1));
        }

        var format = new WeightFormat(bits, Symmetry.Symmetric, 0, Sparsity.TwoOfFour);
        float[] ones = [.. Enumerable.Repeat(1f, n)];
        var activations = new ActivationFormat(8, Symmetry.Symmetric, ActivationRange.PerToken);
        var layout = new SparseRowLayout(new(n, k, new(format, activations), GemmFamily.Int8));
        using var block = new HostBlock(layout.Bytes);
        layout.Pack(new QuantizedLinear(n, k, format, codes, ones, []), block.Pointer);

        byte[] found = Expand(block.Pointer, n, k, out int steps);
        found.ShouldBe(codes);
        layout.Bytes.ShouldBe((long)((n + 127) / 128) * ((k + 127) / 128) * PieceBytes);
        steps.ShouldBe((int)(layout.Bytes / PieceBytes) * 4);
    }

    /// <summary>
    /// Reads the weights as warp groups do: each thread's metadata word says the places of 16 bytes of one row. Fails where
    /// the places are not ascending, and where something lies outside of the matrix.
    /// </summary>
    private static unsafe byte[] Expand(byte* memory, int n, int k, out int steps)
    {
        var codes = new byte[n * k];
        int piecesN = (n + 127) / 128, piecesK = (k + 127) / 128;
        steps = 0;
        for (int piece = 0; piece < piecesN * piecesK; piece++)
        {
            byte* start = memory + (long)piece * PieceBytes;
            for (int block = 0; block < 2; block++)
            {
                for (int step = 0; step < 2; step++, steps++)
                {
                    for (int thread = 0; thread < 128; thread++)
                    {
                        int warp = thread / 32, g = thread % 32 / 4, t = thread % 4;
                        int row = 16 * warp + 8 * (t & 1) + g;
                        int output = piece % piecesN * 128 + 32 * warp + 4 * g + 2 * block + (t & 1);
                        int input = piece / piecesN * 128 + 64 * step + 32 * (t >> 1);
                        uint word = ((uint*)(start + 8192))[thread * 4 + block * 2 + step];
                        byte* stored = start + (block * 2 + step) * 2048 + (t >> 1) * 1024 + row * 16;
                        for (int four = 0; four < 8; four++)
                        {
                            int first = (int)(word >> 4 * four & 3), second = (int)(word >> 4 * four + 2 & 3);
                            first.ShouldBeLessThan(second);
                            Put(output, input + 4 * four + first, stored[2 * four]);
                            Put(output, input + 4 * four + second, stored[2 * four + 1]);
                        }
                    }
                }
            }
        }

        return codes;

        void Put(int output, int input, byte code)
        {
            if (output < n && input < k)
                codes[output * k + input] = code;
            else
                code.ShouldBe((byte)0, $"n {output}, k {input}");
        }
    }
}
