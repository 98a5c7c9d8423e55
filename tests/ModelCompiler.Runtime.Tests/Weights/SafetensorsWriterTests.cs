using System.Text;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Weights;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bytes_of_a_small_file_are_those_of_the_format()
    {
        string path = _folder["f"];
        SafetensorsWriter.Write(
            path,
            [TensorSource.From<byte>("b", [7], 1), TensorSource.From<float>("a", [1f], 1)],
            new Dictionary<string, string> { ["format"] = "pt" });
        string header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"""
            + ""","b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}""";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        File.ReadAllBytes(path).ShouldBe(
            [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(header), 0, 0, 0x80, 0x3F, 7]);
    }

    [Fact]
    public void Order_of_the_sources_does_not_change_the_file()
    {
        TensorSource[] sources =
        [
            TensorSource.From<float>("é\"\n", [1, 2, 3, 4, 5, 6], 2, 3),
            TensorSource.From<sbyte>("codes", [-8, 7], 2),
            TensorSource.From<long>("shape", [2, 3], 2),
            TensorSource.From<Half>("halves", [(Half)0.5f], 1, 1),
        ];
        SafetensorsWriter.Write(_folder["one"], sources);
        SafetensorsWriter.Write(_folder["two"], sources.Reverse());
        File.ReadAllBytes(_folder["two"]).ShouldBe(File.ReadAllBytes(_folder["one"]));
        using var file = SafetensorsFile.Open(_folder["one"]);
        file.Tensors.Select(tensor => tensor.Name).ShouldBe(["shape", "é\"\n", "halves", "codes"]);
        file.ReadSingles("é\"\n").ShouldBe([1, 2, 3, 4, 5, 6]);
        file.Read<sbyte>("codes").ShouldBe([-8, 7]);
        file.Read<long>("shape").ShouldBe([2L, 3L]);
    }

    [Fact]
    public void A_copy_of_a_file_is_equal()
    {
        SafetensorsWriter.Write(_folder["one"], [TensorSource.From<float>("a", [1, 2], 2), TensorSource.From<int>("b", [3], 1)]);
        using var file = SafetensorsFile.Open(_folder["one"]);
        SafetensorsWriter.Write(_folder["two"], file.Tensors.Select(tensor => TensorSource.Copy(file, tensor.Name)));
        File.ReadAllBytes(_folder["two"]).ShouldBe(File.ReadAllBytes(_folder["one"]));
    }

    [Fact]
    public void A_source_that_fails_leaves_the_old_file_and_no_other()
    {
        string path = _folder.Write("f", "old");
        var short_ = new TensorSource("s", TensorElementType.Float32, [2], stream => stream.Write(new byte[4]));
        Should.Throw<ArgumentException>(() => SafetensorsWriter.Write(path, [short_])).Message.ShouldContain("wrote 4 bytes");
        var broken = new TensorSource("s", TensorElementType.Float32, [2], _ => throw new IOException("gone"));
        Should.Throw<IOException>(() => SafetensorsWriter.Write(path, [broken])).Message.ShouldBe("gone");
        File.ReadAllText(path).ShouldBe("old");
        Directory.GetFiles(_folder.Path).ShouldBe([path]);
    }

    [Fact]
    public void Wrong_sources_are_refused()
    {
        Should.Throw<ArgumentException>(() => TensorSource.From<float>("a", [1, 2], 3)).Message.ShouldContain("[3]");
        Should.Throw<ArgumentException>(() => TensorSource.From<float>("__metadata__", [1], 1));
        Should.Throw<ArgumentException>(() => TensorSource.From<float>("a", [], -1));
        Should.Throw<ArgumentException>(() => SafetensorsWriter.Write(
            _folder["f"], [TensorSource.From<float>("a", [1], 1), TensorSource.From<int>("a", [1], 1)]));
    }
}
