using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// 2:4 sparse weights for <c>wgmma.sp</c>: the C# side of native/include/mc/hopper/sparse_weights.cuh, where the order and its
/// reasons are. Of four neighbouring codes of a row two are stored as bytes, with four bits that say which; W [N, K] is cut
/// into pieces of 128 outputs x 128 inputs.
/// </summary>
internal sealed class SparseRowLayout(GemmProblem problem) : WeightLayout
{
    private const int PieceN = 128;
    private const int PieceK = 128;

    /// <summary>Stored codes of 64 rows and 64 inputs; a piece has four such steps.</summary>
    private const int StepBytes = 64 * 32;

    /// <summary>Stored codes of a piece; metadata follow, 16 bytes a thread of a warp group.</summary>
    private const int ValueBytes = 4 * StepBytes;

    private const int PieceBytes = ValueBytes + 128 * 16;

    private readonly int _n = problem.N;
    private readonly int _k = problem.K;

    /// <inheritdoc/>
    public override long Bytes => (long)PiecesN * PiecesK * PieceBytes;

    private int PiecesN => (_n + PieceN - 1) / PieceN;

    private int PiecesK => (_k + PieceK - 1) / PieceK;

    /// <inheritdoc/>
    /// <remarks>That no four codes have more than two that are not zero was checked when the weights were loaded.</remarks>
    public override unsafe void Pack(QuantizedLinear linear, byte* target) =>
        Parallel.For(0, PiecesN * PieceN, n =>
        {
            ReadOnlySpan<byte> row = n < _n ? linear.Codes.AsSpan(n * _k, _k) : [];
            for (int k = 0; k < PiecesK * PieceK; k += 4)
                PackFour(k < row.Length ? row.Slice(k, 4) : [], target, n, k);
        });

    /// <inheritdoc/>
    public override unsafe void Pack(Half[] values, byte* target) =>
        throw new NotSupportedException("2:4 sparse products are of codes, not of FP16 weights.");

    /// <summary>Stores inputs k to k + 3 of output n: four codes, or none beyond the matrix, where zeros pad it.</summary>
    private unsafe void PackFour(ReadOnlySpan<byte> codes, byte* target, int n, int k)
    {
        (int first, int second) = Places(codes);
        int block = n % 4 / 2;
        int row = n % PieceN / 32 * 16 + n % 2 * 8 + n % 32 / 4;
        int step = k % PieceK / 64, stored = k % 64 / 2;
        byte* piece = target + ((long)(k / PieceK) * PiecesN + n / PieceN) * PieceBytes;

        byte* values = piece + (block * 2 + step) * StepBytes + stored / 16 * 1024 + row * 16 + stored % 16;
        if (codes.Length > 0)
            (values[0], values[1]) = (codes[first], codes[second]);

        int thread = row / 16 * 32 + row % 8 * 4 + k % 64 / 32 * 2 + row % 16 / 8;
        byte* metadata = piece + ValueBytes + thread * 16 + (block * 2 + step) * 4 + k % 32 / 8;
        // Two fours share a byte, and one thread of the host packs both.
        *metadata |= (byte)((first | second << 2) << k / 4 % 2 * 4);
    }

    /// <summary>Places of the two codes to store, ascending: those that are not zero, and others where these are fewer.</summary>
    private static (int First, int Second) Places(ReadOnlySpan<byte> codes)
    {
        int first = codes.IndexOfAnyExcept((byte)0);
        if (first < 0)
            return (0, 1);
        int second = codes.LastIndexOfAnyExcept((byte)0);
        return second > first ? (first, second) : first == 3 ? (2, 3) : (first, first + 1);
    }
}
