using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Tests.Weights.CompressedTensors;

public sealed class PackedCodesTests
{
    [Fact]
    public void Four_bits_lie_least_significant_first_with_8_added()
    {
        sbyte[] codes = [-8, -7, -1, 0, 1, 2, 6, 7, 5];
        var packed = new int[2];
        PackedCodes.PackSigned(codes, 1, 9, 4, packed);
        packed.ShouldBe([unchecked((int)0xFEA98710), 0x0000000D]);
    }

    [Fact]
    public void Eight_bits_lie_least_significant_first_with_128_added()
    {
        sbyte[] codes = [-128, -1, 0, 127, 1];
        var packed = new int[2];
        PackedCodes.PackSigned(codes, 1, 5, 8, packed);
        packed.ShouldBe([unchecked((int)0xFF807F00), 0x00000081]);
    }

    [Fact]
    public void Unsigned_codes_are_stored_as_they_are()
    {
        var packed = new int[1];
        PackedCodes.PackUnsigned([0, 1, 2, 3, 12, 13, 14, 15], 1, 8, 4, packed);
        packed.ShouldBe([unchecked((int)0xFEDC3210)]);
    }

    [Fact]
    public void Each_row_starts_a_new_word()
    {
        var packed = new int[] { -1, -1, -1 };
        PackedCodes.PackSigned([1, 2, 3], 3, 1, 4, packed);
        packed.ShouldBe([9, 10, 11]);
    }

    [Theory]
    [InlineData(4, 1, 1)]
    [InlineData(4, 3, 13)]
    [InlineData(4, 5, 64)]
    [InlineData(8, 1, 3)]
    [InlineData(8, 7, 31)]
    [InlineData(8, 0, 5)]
    public void Packing_and_unpacking_give_the_codes_back(int bits, int rows, int columns)
    {
        var random = new Random(bits + rows + columns);
        sbyte[] signed = [.. Enumerable.Range(0, rows * columns).Select(_ => (sbyte)random.Next(-(1 << (bits - 1)), 1 << (bits - 1)))];
        byte[] unsigned = [.. Enumerable.Range(0, rows * columns).Select(_ => (byte)random.Next(1 << bits))];
        var packed = new int[rows * PackedCodes.WordsPerRow(columns, bits)];
        var signedBack = new sbyte[signed.Length];
        var unsignedBack = new byte[unsigned.Length];
        PackedCodes.PackSigned(signed, rows, columns, bits, packed);
        PackedCodes.UnpackSigned(packed, rows, columns, bits, signedBack);
        signedBack.ShouldBe(signed);
        PackedCodes.PackUnsigned(unsigned, rows, columns, bits, packed);
        PackedCodes.UnpackUnsigned(packed, rows, columns, bits, unsignedBack);
        unsignedBack.ShouldBe(unsigned);
    }

    [Fact]
    public void Codes_that_do_not_fit_and_wrong_sizes_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => PackedCodes.PackSigned([0, 8], 1, 2, 4, new int[1])).Message
            .ShouldContain("[0, 1] is outside -8 .. 7");
        Should.Throw<ArgumentOutOfRangeException>(() => PackedCodes.PackUnsigned([16], 1, 1, 4, new int[1]));
        Should.Throw<ArgumentOutOfRangeException>(() => PackedCodes.WordsPerRow(8, 3));
        Should.Throw<ArgumentException>(() => PackedCodes.PackSigned([0], 1, 2, 4, new int[1]));
        Should.Throw<ArgumentException>(() => PackedCodes.UnpackSigned(new int[2], 1, 2, 4, new sbyte[2]));
    }
}
