using System.Buffers.Binary;
using System.Runtime.InteropServices;
namespace ModelCompiler.Runtime.Weights.CompressedTensors;

/// <summary>
/// The bit layout of <c>weight_packed</c>: int32 <c>[rows, ceil(columns * bits / 32)]</c>, least significant code
/// first. A signed code is stored as code + 2^(bits-1), an unsigned one as it is. Each row starts a new word, and
/// what is left of its last word is zero.
/// </summary>
internal static class PackedCodes
{
    /// <summary>int32 words that one row of codes takes.</summary>
    /// <param name="columns">Codes in a row.</param>
    /// <param name="bits">4 or 8.</param>
    public static int WordsPerRow(int columns, int bits)
    {
        RequireBits(bits);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return checked((int)((((long)columns * bits) + 31) / 32));
    }

    /// <summary>Packs signed codes.</summary>
    /// <param name="codes"><c>[rows, columns]</c> row-major, each in -2^(bits-1) .. 2^(bits-1) - 1.</param>
    /// <param name="rows">Output features.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="packed"><c>[rows, WordsPerRow]</c> row-major.</param>
    /// <exception cref="ArgumentOutOfRangeException">A code does not fit, or the bit width is another.</exception>
    public static void PackSigned(ReadOnlySpan<sbyte> codes, int rows, int columns, int bits, Span<int> packed)
    {
        int words = RequireSizes(codes.Length, rows, columns, bits, packed.Length);
        int offset = 1 << (bits - 1);
        int perWord = 32 / bits;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<sbyte> rowCodes = codes.Slice(row * columns, columns);
            Span<int> rowWords = packed.Slice(row * words, words);
            rowWords.Clear();
            for (int i = 0; i < columns; i++)
            {
                int stored = rowCodes[i] + offset;
                if ((uint)stored >> bits != 0)
                    throw OutOfRange(row, i, rowCodes[i], -offset, offset - 1);
                rowWords[i / perWord] |= stored << (i % perWord * bits);
            }
        }
    }

    /// <summary>Packs unsigned codes, each in 0 .. 2^bits - 1; the other parameters are those of <see cref="PackSigned"/>.</summary>
    public static void PackUnsigned(ReadOnlySpan<byte> codes, int rows, int columns, int bits, Span<int> packed)
    {
        int words = RequireSizes(codes.Length, rows, columns, bits, packed.Length);
        int perWord = 32 / bits;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> rowCodes = codes.Slice(row * columns, columns);
            Span<int> rowWords = packed.Slice(row * words, words);
            rowWords.Clear();
            for (int i = 0; i < columns; i++)
            {
                if (rowCodes[i] >> bits != 0)
                    throw OutOfRange(row, i, rowCodes[i], 0, (1 << bits) - 1);
                rowWords[i / perWord] |= rowCodes[i] << (i % perWord * bits);
            }
        }
    }

    /// <summary>Undoes <see cref="PackSigned"/>. What is left of a row's last word is not looked at.</summary>
    public static void UnpackSigned(ReadOnlySpan<int> packed, int rows, int columns, int bits, Span<sbyte> codes) =>
        Unpack(packed, rows, columns, bits, MemoryMarshal.AsBytes(codes), offset: 1 << (bits - 1));

    /// <summary>Undoes <see cref="PackUnsigned"/>.</summary>
    public static void UnpackUnsigned(ReadOnlySpan<int> packed, int rows, int columns, int bits, Span<byte> codes) =>
        Unpack(packed, rows, columns, bits, codes, offset: 0);

    private static void Unpack(ReadOnlySpan<int> packed, int rows, int columns, int bits, Span<byte> codes, int offset)
    {
        int words = RequireSizes(codes.Length, rows, columns, bits, packed.Length);
        int perWord = 32 / bits, whole = columns / perWord;
        Span<byte> last = stackalloc byte[8];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<int> rowWords = packed.Slice(row * words, words);
            Span<byte> rowCodes = codes.Slice(row * columns, columns);
            for (int i = 0; i < whole; i++)
                UnpackWord((uint)rowWords[i], bits, offset, rowCodes[(i * perWord)..]);
            if (whole == words)
                continue;
            UnpackWord((uint)rowWords[whole], bits, offset, last);
            last[..(columns - whole * perWord)].CopyTo(rowCodes[(whole * perWord)..]);
        }
    }

    /// <summary>Writes the codes of a word, all at once: eight of 4 bits, or four of 8.</summary>
    private static void UnpackWord(uint word, int bits, int offset, Span<byte> codes)
    {
        if (bits == 8)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(codes, offset == 0 ? word : word ^ 0x80808080);
            return;
        }

        // The nibbles are moved apart by halves: 16 bits, 8, 4.
        ulong spread = word;
        spread = (spread | spread << 16) & 0x0000ffff0000ffff;
        spread = (spread | spread << 8) & 0x00ff00ff00ff00ff;
        spread = (spread | spread << 4) & 0x0f0f0f0f0f0f0f0f;
        // u - 8 in each byte: the bit that is set above keeps a borrow from the next byte.
        if (offset != 0)
            spread = ((spread | 0x8080808080808080) - 0x0808080808080808) ^ 0x8080808080808080;
        BinaryPrimitives.WriteUInt64LittleEndian(codes, spread);
    }

    private static int RequireSizes(int codes, int rows, int columns, int bits, int packed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        int words = WordsPerRow(columns, bits);
        if (codes != (long)rows * columns)
            throw new ArgumentException($"[{rows}, {columns}] codes are {(long)rows * columns}, not {codes}.");
        if (packed != (long)rows * words)
            throw new ArgumentException($"[{rows}, {words}] packed words are {(long)rows * words}, not {packed}.");
        return words;
    }

    private static void RequireBits(int bits)
    {
        if (bits is not (4 or 8))
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "Codes have 4 or 8 bits.");
    }

    private static ArgumentOutOfRangeException OutOfRange(int row, int column, int code, int low, int high) =>
        new("codes", code, $"The code at [{row}, {column}] is outside {low} .. {high}.");
}
