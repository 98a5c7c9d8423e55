using System.Runtime.InteropServices;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// Weights for <c>wgmma</c>: the C# side of native/include/mc/hopper/weight_tiles.cuh. Rows of W [N, K], int4 codes widened
/// to bytes, are cut into pieces of 128 bytes; the first pieces of all rows come first, then the second ones. Within a
/// piece, 16-byte chunk c of row r lies at chunk c ^ (r % 8), which is the 128-byte swizzle of shared memory. So the
/// weights of whole groups of 32 rows for one step along K are contiguous and can be copied as they are. Within a group rows
/// change places, so that a thread of the product holds 8 neighbouring outputs. What lies outside of [N, K] is zero.
/// </summary>
/// <param name="problem">Whose weights they are.</param>
/// <param name="ofNibbles">
/// True where inputs change places within each piece, for packed activations: InputOrder::kOfNibbles of weight_tiles.cuh.
/// </param>
internal sealed class SwizzledRowLayout(GemmProblem problem, bool ofNibbles) : WeightLayout
{
    private const int PieceBytes = 128;
    private const int ChunkBytes = 16;
    private const int GroupRows = 32;

    private readonly int _n = problem.N;
    private readonly int _rowBytes = problem.K * (problem.Precision.Weights.IsQuantized ? 1 : 2);

    /// <inheritdoc/>
    public override long Bytes => (long)Pieces * Rows * PieceBytes;

    private int Rows => (_n + GroupRows - 1) / GroupRows * GroupRows;

    private int Pieces => (_rowBytes + PieceBytes - 1) / PieceBytes;

    /// <inheritdoc/>
    public override unsafe void Pack(QuantizedLinear linear, byte* target)
    {
        if (ofNibbles)
            PackRowsOfNibbles(linear.Codes, target);
        else
            PackRows(linear.Codes, target);
    }

    /// <inheritdoc/>
    public override unsafe void Pack(Half[] values, byte* target) => PackRows(values, target);

    private unsafe void PackRows<T>(T[] elements, byte* target)
        where T : unmanaged =>
        Parallel.For(0, _n, n =>
        {
            ReadOnlySpan<byte> row = MemoryMarshal.AsBytes(elements.AsSpan()).Slice(n * _rowBytes, _rowBytes);
            for (int at = 0; at < _rowBytes; at += ChunkBytes)
                row.Slice(at, Math.Min(ChunkBytes, _rowBytes - at)).CopyTo(new Span<byte>(target + Place(n, at), ChunkBytes));
        });

    /// <summary>Input 32 t + 8 s + 2 j + e of a piece lies at 32 s + 16 e + 4 t + j.</summary>
    private unsafe void PackRowsOfNibbles(byte[] codes, byte* target) =>
        Parallel.For(0, _n, n =>
        {
            for (int k = 0; k < _rowBytes; k++)
            {
                int place = k / PieceBytes * PieceBytes + k % 32 / 8 * 32 + k % 2 * 16 + k % PieceBytes / 32 * 4 + k % 8 / 2;
                target[Place(n, place)] = codes[(n * _rowBytes) + k];
            }
        });

    /// <summary>Where byte <paramref name="at"/> of row <paramref name="n"/> lies, the first of its chunk if that is copied.</summary>
    private long Place(int n, int at)
    {
        int placed = n / GroupRows * GroupRows + n % 8 / 2 * 8 + n % GroupRows / 8 * 2 + n % 2;
        int piece = at / PieceBytes, chunk = at % PieceBytes / ChunkBytes ^ placed % 8;
        return ((long)piece * Rows + placed) * PieceBytes + chunk * ChunkBytes + at % ChunkBytes;
    }
}
