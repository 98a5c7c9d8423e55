using System.Runtime.InteropServices;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>mc::hopper::TokenTile of hopper/qkv_attention_config.cuh, 32 bytes: neighbouring whole sequences.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct TokenTile
{
    /// <summary>Size, and alignment in device memory.</summary>
    public const int Bytes = 32;

    /// <summary>Tokens [first, end) of the batch.</summary>
    public int FirstToken, EndToken;

    private fixed int _reserved[2];

    /// <summary>Bit i, i at least 1: a sequence starts at token first + i, or the last one ends there.</summary>
    public fixed uint Boundaries[QkvAttentionTile.Tokens / 32];
}

/// <summary>Packs the sequences of a batch, in their order, into tiles of at most <see cref="QkvAttentionTile.Tokens"/> tokens.</summary>
internal static class TokenTiles
{
    /// <summary>
    /// Tiles of a batch that fills them: three quarters of their rows are tokens, and no sequence is longer than a tile. With more
    /// empty rows the kernels that know no tiles are faster. Null for other batches.
    /// </summary>
    public static int? CountWhereFilled(ReadOnlySpan<int> sequenceLengths)
    {
        int tiles = 0, tokens = 0, room = 0;
        foreach (int length in sequenceLengths)
        {
            if (length > QkvAttentionTile.Tokens)
                return null;
            if (length > room)
            {
                tiles++;
                room = QkvAttentionTile.Tokens;
            }

            room -= length;
            tokens += length;
        }

        return 3L * QkvAttentionTile.Tokens * tiles <= 4L * tokens ? tiles : null;
    }

    /// <summary>Most tiles of a batch of so many tokens that fills them.</summary>
    public static int Most(int tokens) => Math.Max(1, (int)(4L * tokens / (3 * QkvAttentionTile.Tokens)));

    /// <summary>Writes the tiles of a batch that fills them.</summary>
    /// <returns>How many there are.</returns>
    public static unsafe int Write(ReadOnlySpan<int> sequenceLengths, Span<TokenTile> tiles)
    {
        int tile = -1, start = 0;
        foreach (int length in sequenceLengths)
        {
            if (tile < 0 || start + length - tiles[tile].FirstToken > QkvAttentionTile.Tokens)
                tiles[++tile] = new() { FirstToken = start, EndToken = start };
            ref TokenTile current = ref tiles[tile];
            current.EndToken = start += length;
            int end = current.EndToken - current.FirstToken;
            if (end < QkvAttentionTile.Tokens)
                current.Boundaries[end / 32] |= 1u << (end % 32);
        }

        return tile + 1;
    }
}
