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

    /// <summary>[1] tokens of the batch.</summary>
    public long TokenCount => 0;

    /// <summary>[1] sequences of the batch.</summary>
    public long SequenceCount => 4;

    /// <summary>[1] tiles of the batch; written where its sequences fill tiles.</summary>
    public long TileCount => 8;

    /// <summary>[sequences + 1] first token of each sequence, then the token count.</summary>
    public long SequenceStarts => 16;

    /// <summary>[tiles].</summary>
    public long Tiles => Align(SequenceStarts + 4 * (Tokens + 1L));

    /// <summary>[tokens] ids.</summary>
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

    private static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
