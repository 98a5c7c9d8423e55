using System.Buffers.Binary;
using System.Text;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Weights;

/// <summary>One test for each rule of the format.</summary>
public sealed class SafetensorsRuleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_shorter_than_the_header_length_is_refused(int bytes) =>
        Refuse(new byte[bytes]).What.ShouldBe("file");

    [Theory]
    [InlineData(0UL)]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_out_of_range_is_refused(ulong length)
    {
        var file = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        SafetensorsFormatException error = Refuse(file);
        error.What.ShouldBe("header length");
        error.Found.ShouldBe($"{length}");
    }

    [Fact]
    public void A_header_that_goes_past_the_end_of_the_file_is_refused()
    {
        byte[] file = TemporaryFolder.Safetensors("{}"u8.ToArray(), 0);
        file[0] = 3;
        Refuse(file).Expected.ShouldBe("3 bytes");
    }

    [Fact]
    public void The_smallest_file_is_read()
    {
        using var file = SafetensorsFile.Open(_folder.WriteSafetensors("f", "{}", 0));
        file.Tensors.ShouldBeEmpty();
        file.Metadata.ShouldBeEmpty();
    }

    [Fact]
    public void Spaces_after_the_JSON_are_tolerated()
    {
        using var file = SafetensorsFile.Open(_folder.WriteSafetensors("f", Entry() + "        ", 4));
        file.Tensors.Single().ToString().ShouldBe("t: F32 [1]");
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\0")]
    [InlineData("x")]
    [InlineData("{}")]
    public void Anything_else_after_the_JSON_is_refused(string tail) => Refuse(Entry() + tail, 4);

    [Theory]
    [InlineData(" {}")]
    [InlineData("[]")]
    [InlineData("\"{}")]
    public void A_header_that_does_not_start_with_a_brace_is_refused(string header) =>
        Refuse(header, 0).Expected.ShouldContain("'{'");

    [Fact]
    public void A_byte_order_mark_is_refused() =>
        Refuse(TemporaryFolder.Safetensors([0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}'], 0)).Found.ShouldBe("0xef");

    [Fact]
    public void Invalid_UTF8_is_refused()
    {
        byte[] header = Encoding.UTF8.GetBytes(Entry());
        header[2] = 0xFF;
        Refuse(TemporaryFolder.Safetensors(header, 4)).Expected.ShouldBe("valid UTF-8");
    }

    [Fact]
    public void An_escape_that_is_no_character_is_refused() => Refuse(Entry(name: "\\ud800"), 4).Expected.ShouldBe("text");

    [Theory]
    [InlineData("{")]
    [InlineData("{\"t\"}")]
    [InlineData("{,}")]
    [InlineData("{\"t\":}")]
    [InlineData("{/* */}")]
    public void Broken_JSON_is_refused(string header) => Refuse(header, 0);

    [Fact]
    public void Duplicate_tensor_names_are_refused() =>
        Refuse($$"""{"a":{{Tensor("F32", "[1]", "[0,4]")}},"a":{{Tensor("F32", "[1]", "[4,8]")}}}""", 8)
            .Found.ShouldBe("'a' twice");

    [Fact]
    public void Duplicate_tensor_names_are_seen_through_escapes() =>
        Refuse($$"""{"a":{{Tensor("F32", "[1]", "[0,4]")}},"\u0061":{{Tensor("F32", "[1]", "[4,8]")}}}""", 8)
            .Found.ShouldBe("'a' twice");

    [Fact]
    public void Duplicate_fields_are_refused() =>
        Refuse("""{"t":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4).Found.ShouldBe("'shape' twice");

    [Fact]
    public void Duplicate_metadata_is_refused() =>
        Refuse("""{"__metadata__":{"a":"1","a":"2"}}""", 0).Found.ShouldBe("'a' twice");

    [Fact]
    public void Two_metadata_objects_are_refused() =>
        Refuse("""{"__metadata__":{},"__metadata__":{}}""", 0).Found.ShouldBe("'__metadata__' twice");

    [Theory]
    [InlineData("""{"__metadata__":{"a":1}}""")]
    [InlineData("""{"__metadata__":{"a":null}}""")]
    [InlineData("""{"__metadata__":{"a":{}}}""")]
    [InlineData("""{"__metadata__":"a"}""")]
    [InlineData("""{"__metadata__":null}""")]
    public void Metadata_that_is_not_strings_to_strings_is_refused(string header) => Refuse(header, 0);

    [Fact]
    public void Metadata_is_read()
    {
        using var file = SafetensorsFile.Open(_folder.WriteSafetensors("f", """{"__metadata__":{"format":"pt"}}""", 0));
        file.Metadata.ShouldBe([KeyValuePair.Create("format", "pt")]);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 100_000)) + string.Concat(Enumerable.Repeat("]", 100_000));
        Refuse($$"""{"t":{{deep}}}""", 0);
        Refuse($$$"""{"t":{"dtype":"F32","shape":{{{deep}}},"data_offsets":[0,4]}}""", 4);
    }

    [Theory]
    [InlineData("[-1]")]
    [InlineData("[-0]")]
    [InlineData("[1.0]")]
    [InlineData("[0.5]")]
    [InlineData("[1e0]")]
    [InlineData("[9223372036854775808]")]
    [InlineData("[99999999999999999999999999]")]
    [InlineData("[\"1\"]")]
    [InlineData("[null]")]
    [InlineData("[[1]]")]
    [InlineData("1")]
    [InlineData("null")]
    public void A_shape_that_is_not_whole_numbers_is_refused(string shape) =>
        Refuse(Entry(shape: shape), 4).What.ShouldContain("tensor 't' shape");

    [Theory]
    [InlineData("[0]")]
    [InlineData("[]")]
    [InlineData("[0,4,4]")]
    [InlineData("[4,0]")]
    [InlineData("[-4,0]")]
    [InlineData("[0,4.0]")]
    [InlineData("[0,18446744073709551616]")]
    public void Offsets_that_are_no_range_are_refused(string offsets) =>
        Refuse(Entry(offsets: offsets), 4).What.ShouldContain("tensor 't' data_offsets");

    [Theory]
    [InlineData("F33")]
    [InlineData("f32")]
    [InlineData("")]
    [InlineData("F4")]
    public void An_unknown_type_is_refused(string type) => Refuse(Entry(type: type), 4).Found.ShouldBe($"'{type}'");

    [Theory]
    [InlineData("""{"shape":[1],"data_offsets":[0,4]}""", "no dtype")]
    [InlineData("""{"dtype":"F32","data_offsets":[0,4]}""", "no shape")]
    [InlineData("""{"dtype":"F32","shape":[1]}""", "no data_offsets")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]}""", "'strides'")]
    public void An_entry_with_other_fields_is_refused(string tensor, string found) =>
        Refuse($$"""{"t":{{tensor}}}""", 4).Found.ShouldBe(found);

    [Theory]
    [InlineData("[3037000500,3037000500]")]
    [InlineData("[4611686018427387904]")]
    [InlineData("[4294967296,4294967296,0]")]
    public void A_shape_whose_bytes_overflow_is_refused(string shape) =>
        Refuse(Entry(shape: shape), 4).Found.ShouldBe("an overflow");

    [Theory]
    [InlineData("F32", "[2]", "[0,4]")]
    [InlineData("F32", "[]", "[0,8]")]
    [InlineData("F16", "[1]", "[0,4]")]
    [InlineData("F32", "[0]", "[0,4]")]
    public void A_range_that_is_not_the_size_of_the_shape_is_refused(string type, string shape, string offsets) =>
        Refuse(Entry(type: type, shape: shape, offsets: offsets), 8).What.ShouldContain("data_offsets");

    [Fact]
    public void A_hole_is_refused() => Refuse(TwoTensors("[0,4]", "[8,12]"), 12).Found.ShouldContain("hole");

    [Fact]
    public void A_hole_at_the_start_is_refused() => Refuse(Entry(offsets: "[4,8]"), 8).Found.ShouldContain("hole");

    [Fact]
    public void An_overlap_is_refused() => Refuse(TwoTensors("[0,4]", "[2,6]"), 6).Found.ShouldContain("overlap");

    [Fact]
    public void The_same_range_twice_is_refused() => Refuse(TwoTensors("[0,4]", "[0,4]"), 4).Found.ShouldContain("overlap");

    [Fact]
    public void Trailing_bytes_are_refused() => Refuse(Entry(), 5).Found.ShouldContain("trailing 1");

    [Fact]
    public void Missing_bytes_are_refused() => Refuse(Entry(), 3).Found.ShouldContain("missing 1");

    [Fact]
    public void Empty_tensors_and_scalars_are_read()
    {
        string header = $$"""
            {"e":{{Tensor("F32", "[0,5]", "[4,4]")}},"s":{{Tensor("F32", "[]", "[0,4]")}},"z":{{Tensor("I64", "[0]", "[0,0]")}}}
            """;
        using var file = SafetensorsFile.Open(_folder.WriteSafetensors("f", header, 4));
        file.Tensors.Select(tensor => tensor.ElementCount).ShouldBe([0L, 1L, 0L]);
        file.ReadSingles("s").ShouldBe([0f]);
        file.ReadSingles("e").ShouldBeEmpty();
    }

    [Fact]
    public void The_error_names_file_place_expected_and_found()
    {
        SafetensorsFormatException error = Refuse(Entry(shape: "[-7]"), 4);
        error.Path.ShouldBe(_folder["bad"]);
        error.Message.ShouldBe(
            $"{_folder["bad"]}: tensor 't' shape: expected a whole number, not negative, in digits, found '-7'.");
    }

    private SafetensorsFormatException Refuse(string header, int dataBytes) =>
        Refuse(TemporaryFolder.Safetensors(Encoding.UTF8.GetBytes(header), dataBytes));

    private SafetensorsFormatException Refuse(byte[] file)
    {
        string path = _folder.Write("bad", file);
        return Should.Throw<SafetensorsFormatException>(() => SafetensorsFile.Open(path));
    }

    private static string Entry(
        string name = "t", string type = "F32", string shape = "[1]", string offsets = "[0,4]") =>
        $$"""{"{{name}}":{{Tensor(type, shape, offsets)}}}""";

    private static string TwoTensors(string first, string second) =>
        $$"""{"a":{{Tensor("F32", "[1]", first)}},"b":{{Tensor("F32", "[1]", second)}}}""";

    private static string Tensor(string type, string shape, string offsets) =>
        $$"""{"dtype":"{{type}}","shape":{{shape}},"data_offsets":{{offsets}}}""";
}
