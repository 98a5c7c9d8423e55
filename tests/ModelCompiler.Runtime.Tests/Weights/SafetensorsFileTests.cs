using System.Text.Json;
using ModelCompiler.Runtime.Tests.Text;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Half_precision_widens_exactly_for_all_65536_values()
    {
        ushort[] bits = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        Half[] halves = [.. bits.Select(BitConverter.UInt16BitsToHalf)];
        string path = _folder["halves"];
        SafetensorsWriter.Write(path, [TensorSource.From("h", halves, 256, 256)]);
        using var file = SafetensorsFile.Open(path);
        float[] values = file.ReadSingles("h");
        for (int i = 0; i < values.Length; i++)
        {
            if (Half.IsNaN(halves[i]))
                float.IsNaN(values[i]).ShouldBeTrue();
            else
                BitConverter.SingleToUInt32Bits(values[i]).ShouldBe(BitConverter.SingleToUInt32Bits((float)halves[i]));
        }
    }

    [Fact]
    public void BFloat16_widens_exactly_for_all_65536_values_at_an_odd_address()
    {
        // 65536 values and a byte before them; the data section itself starts at any address.
        string header = """{"b":{"dtype":"BF16","shape":[65536],"data_offsets":[1,131073]},"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""";
        byte[] bytes = TemporaryFolder.Safetensors(System.Text.Encoding.UTF8.GetBytes(header), 131073);
        for (int i = 0; i < 65536; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 131072 + (2 * i)), (ushort)i).ShouldBeTrue();
        using var file = SafetensorsFile.Open(_folder.Write("bf16", bytes));
        float[] values = file.ReadSingles("b");
        for (int i = 0; i < values.Length; i++)
            BitConverter.SingleToUInt32Bits(values[i]).ShouldBe((uint)i << 16);
    }

    [Fact]
    public void The_sample_model_is_read()
    {
        using var file = SafetensorsFile.Open(Path.Combine(TestFiles.SampleModel, "model.safetensors"));
        TensorInfo words = file.GetInfo("bert.embeddings.word_embeddings.weight");
        words.ToString().ShouldBe("bert.embeddings.word_embeddings.weight: F16 [8192, 256]");
        float[] values = file.ReadSingles(words.Name);
        values.Length.ShouldBe(8192 * 256);
        values.ShouldAllBe(value => float.IsFinite(value));
        values.Max().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Golden_ids_are_read_and_are_those_of_the_tokenizer()
    {
        string folder = Path.Combine(TestFiles.Fixtures, "wordnet-bert");
        using var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        int[] ids = golden.Read<int>("input_ids");
        int[] mask = golden.Read<int>("attention_mask");
        int columns = (int)golden.GetInfo("input_ids").Shape[1];
        string[] texts = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(folder, "golden_texts.json")))!;
        var tokenizer = Runtime.Text.WordPieceTokenizer.FromFolder(TestFiles.SampleModel);
        for (int i = 0; i < texts.Length; i++)
        {
            int length = mask.AsSpan(i * columns, columns).Count(1);
            tokenizer.Encode(texts[i]).ShouldBe(ids[(i * columns)..((i * columns) + length)]);
        }
    }

    [Fact]
    public void A_wrong_element_type_is_a_typed_error()
    {
        string path = _folder["f"];
        SafetensorsWriter.Write(path, [TensorSource.From<int>("i", [1, 2], 2)]);
        using var file = SafetensorsFile.Open(path);
        var error = Should.Throw<TensorMismatchException>(() => file.ReadSingles("i"));
        error.Mismatch.ShouldBe(TensorMismatch.ElementType);
        error.TensorName.ShouldBe("i");
        error.Found.ShouldBe("I32");
        Should.Throw<TensorMismatchException>(() => file.Read<long>("i")).Expected.ShouldBe("I64");
    }

    [Fact]
    public void A_destination_of_another_size_and_a_missing_name_are_typed_errors()
    {
        string path = _folder["f"];
        SafetensorsWriter.Write(path, [TensorSource.From<float>("x", [1, 2], 2)]);
        using var file = SafetensorsFile.Open(path);
        Should.Throw<TensorMismatchException>(() => file.CopyTo("x", new float[3])).Mismatch.ShouldBe(TensorMismatch.Shape);
        Should.Throw<TensorMismatchException>(() => file.Bytes("y").Length).Mismatch.ShouldBe(TensorMismatch.Missing);
        Should.Throw<ArgumentOutOfRangeException>(() => file.Bytes("x", 5, 4).Length);
        file.Bytes("x", 4, 4).ToArray().ShouldBe(BitConverter.GetBytes(2f));
    }

    [Fact]
    public void A_disposed_file_refuses_to_be_read()
    {
        string path = _folder["f"];
        SafetensorsWriter.Write(path, [TensorSource.From<float>("x", [1], 1)]);
        var file = SafetensorsFile.Open(path);
        file.Dispose();
        file.Dispose();
        Should.Throw<ObjectDisposedException>(() => file.ReadSingles("x"));
    }
}
