using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// The part of a batch that the host writes, one block in pinned and in device memory alike: counts, then where sequences
/// start, then tiles of whole sequences, then ids, then types; int32 all but the tiles. Kernels read counts here, so one graph
/// serves every batch of its bucket.
/// </summary>
/// <param name="Tokens">Most tokens, and so most sequences.</param>
internal readonly record struct BatchLayout(int Tokens)
{
    private const int Alignment = 256;

    /// <summary>Starts that a kernel may read whatever their number (<c>mc::FirstStarts</c>).</summary>
    private const int FewestStarts = 128;

    /// <summary>[1] tokens of the batch.</summary>
    public long TokenCount => 0;

    /// <summary>[1] sequences of the batch.</summary>
    public long SequenceCount => 4;

    /// <summary>[1] tiles of the batch; written where its sequences fill tiles.</summary>
    public long TileCount => 8;

    /// <summary>[sequences + 1] first token of each sequence, then the token count; 16-byte aligned.</summary>
    public long SequenceStarts => 16;

    /// <summary>[tiles].</summary>
    public long Tiles => Align(SequenceStarts + 4L * Math.Max(Tokens + 1, FewestStarts));

    /// <summary>[tokens] ids. These and types can be read up to a multiple of 64, beyond the tokens of the last block of rows.</summary>
    public long TokenIds => Align(Tiles + (long)TokenTile.Bytes * TokenTiles.Most(Tokens));

    /// <summary>[tokens] types.</summary>
    public long TypeIds => Align(TokenIds + 4L * Tokens);

    /// <summary>Size of the block.</summary>
    public long Bytes => Align(TypeIds + 4L * Tokens);

    /// <summary>The block for a bucket.</summary>
    public static BatchLayout For(int tokens) => new(tokens);

    /// <summary>Addresses of its parts in device memory.</summary>
    public BatchAddresses At(ulong block) => new()
    {
        TokenCount = block + (ulong)TokenCount,
        SequenceCount = block + (ulong)SequenceCount,
        SequenceStarts = block + (ulong)SequenceStarts,
        TileCount = block + (ulong)TileCount,
        Tiles = block + (ulong)Tiles,
        TokenIds = block + (ulong)TokenIds,
        TypeIds = block + (ulong)TypeIds,
    };

    /// <summary>Writes counts and sequences of a batch.</summary>
    /// <param name="block">The block; ids and types in it are left as they are.</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="tiles">Writes tiles too; the sequences fill them.</param>
    public void Write(Span<byte> block, ReadOnlySpan<int> sequenceLengths, bool tiles)
    {
        Span<int> starts = Ints(block, SequenceStarts);
        int tokens = 0;
        for (int i = 0; i < sequenceLengths.Length; i++)
        {
            starts[i] = tokens;
            tokens += sequenceLengths[i];
        }

        starts[sequenceLengths.Length] = tokens;
        Ints(block, TokenCount)[0] = tokens;
        Ints(block, SequenceCount)[0] = sequenceLengths.Length;
        if (tiles)
            Ints(block, TileCount)[0] = TokenTiles.Write(sequenceLengths, MemoryMarshal.Cast<byte, TokenTile>(block[(int)Tiles..(int)TokenIds]));

        static Span<int> Ints(Span<byte> block, long offset) => MemoryMarshal.Cast<byte, int>(block[(int)offset..]);
    }

    private static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
