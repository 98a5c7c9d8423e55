using System.Runtime.InteropServices;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// Weights for <c>wgmma</c>: the C# side of native/include/mc/hopper/weight_rows.cuh. Rows of W [N, K], int4 codes widened
/// to bytes, are cut into pieces of 128 bytes; the first pieces of all rows come first, then the second ones. Within a
/// piece, 16-byte chunk c of row n lies at chunk c ^ (n % 8), which is the 128-byte swizzle of shared memory. So the
/// weights of any range of rows for one step along K are contiguous and can be copied as they are. What lies beyond K is zero.
/// </summary>
internal sealed class SwizzledRowLayout(GemmProblem problem) : WeightLayout
{
    private const int PieceBytes = 128;
    private const int ChunkBytes = 16;

    private readonly int _n = problem.N;
    private readonly int _rowBytes = problem.K * (problem.Precision.Weights.IsQuantized ? 1 : 2);

    /// <inheritdoc/>
    public override long Bytes => (long)Pieces * _n * PieceBytes;

    private int Pieces => (_rowBytes + PieceBytes - 1) / PieceBytes;

    /// <inheritdoc/>
    public override unsafe void Pack(QuantizedLinear linear, byte* target) => PackRows(linear.Codes, target);

    /// <inheritdoc/>
    public override unsafe void Pack(Half[] values, byte* target) => PackRows(values, target);

    private unsafe void PackRows<T>(T[] elements, byte* target)
        where T : unmanaged =>
        Parallel.For(0, _n, n =>
        {
            ReadOnlySpan<byte> row = MemoryMarshal.AsBytes(elements.AsSpan()).Slice(n * _rowBytes, _rowBytes);
            for (int at = 0; at < _rowBytes; at += ChunkBytes)
            {
                int piece = at / PieceBytes, chunk = at % PieceBytes / ChunkBytes ^ n % 8;
                byte* place = target + ((long)piece * _n + n) * PieceBytes + chunk * ChunkBytes;
                row.Slice(at, Math.Min(ChunkBytes, _rowBytes - at)).CopyTo(new Span<byte>(place, ChunkBytes));
            }
        });
}
