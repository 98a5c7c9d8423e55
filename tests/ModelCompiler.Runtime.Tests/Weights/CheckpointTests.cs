using ModelCompiler.Runtime.Tests.Text;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Weights;

public sealed class CheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_single_file_is_read()
    {
        using var checkpoint = Checkpoint.Open(TestFiles.SampleModel);
        checkpoint.Get("classifier.weight", 45, 256).ReadFiniteSingles().Length.ShouldBe(45 * 256);
        checkpoint.TryGet("classifier.weights", out _).ShouldBeFalse();
    }

    [Fact]
    public void Shards_are_read_as_one()
    {
        WriteShards();
        _folder.Write(Index, """{"metadata":{"total_size":12},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        using var checkpoint = Checkpoint.Open(_folder.Path);
        checkpoint.Names.ShouldBe(["a", "b"]);
        checkpoint.Get("a", 2).ReadSingles().ShouldBe([1, 2]);
        checkpoint.Get("b", 1).ReadSingles().ShouldBe([3]);
        checkpoint.Get("b").Path.ShouldBe(_folder["two.safetensors"]);
    }

    [Theory]
    [InlineData("../one.safetensors")]
    [InlineData("/etc/one.safetensors")]
    [InlineData("sub/../../one.safetensors")]
    [InlineData("./one.safetensors")]
    [InlineData("..\\\\one.safetensors")]
    [InlineData("C:one.safetensors")]
    [InlineData("sub//one.safetensors")]
    [InlineData("one.safetensors\\u0000")]
    [InlineData("one.bin")]
    [InlineData("")]
    public void An_index_that_leads_outside_its_folder_is_refused(string shard)
    {
        WriteShards();
        RefuseIndex($$$"""{"weight_map":{"a":"{{{shard}}}"}}""").Expected.ShouldContain("inside");
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"one.safetensors","c":"one.safetensors","b":"two.safetensors"}}""", "weight_map 'c'")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"one.safetensors"}}""", "weight_map 'b'")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":"three.safetensors"}}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "weight_map 'a'")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"metadata":{}}""", "index")]
    [InlineData("""{"weight_map":{},"weight_map":{}}""", "index")]
    [InlineData("""[]""", "index")]
    [InlineData("""{"weight_map":{}} x""", "index")]
    public void An_index_that_disagrees_or_is_broken_is_refused(string index, string what)
    {
        WriteShards();
        SafetensorsFormatException error = RefuseIndex(index);
        error.Path.ShouldBe(_folder[Index]);
        error.What.ShouldBe(what);
    }

    [Fact]
    public void A_tensor_that_the_index_does_not_name_is_refused()
    {
        SafetensorsWriter.Write(
            _folder["one.safetensors"], [TensorSource.From<float>("a", [1], 1), TensorSource.From<float>("x", [1], 1)]);
        RefuseIndex("""{"weight_map":{"a":"one.safetensors"}}""").What.ShouldBe("tensor 'x'");
    }

    [Fact]
    public void A_missing_tensor_names_the_shape_that_was_wanted()
    {
        using Checkpoint checkpoint = OpenSingle();
        var error = Should.Throw<TensorMismatchException>(() => checkpoint.Get("b", 2, 3));
        error.Mismatch.ShouldBe(TensorMismatch.Missing);
        error.Expected.ShouldBe("shape [2, 3]");
        Should.Throw<TensorMismatchException>(() => checkpoint.Get("b")).TensorName.ShouldBe("b");
    }

    [Fact]
    public void A_wrong_shape_names_both_shapes_and_leaves_the_checkpoint_usable()
    {
        using Checkpoint checkpoint = OpenSingle();
        var error = Should.Throw<TensorMismatchException>(() => checkpoint.Get("a", 3));
        error.Mismatch.ShouldBe(TensorMismatch.Shape);
        error.Message.ShouldBe($"{_folder.Path}: tensor 'a': expected shape [3], found shape [2].");
        checkpoint.Get("a", 2).ReadSingles().ShouldBe([1, float.NaN]);
    }

    [Fact]
    public void An_extra_tensor_is_refused_by_name()
    {
        using Checkpoint checkpoint = OpenSingle();
        checkpoint.RequireAllKnown(name => name == "a");
        var error = Should.Throw<TensorMismatchException>(() => checkpoint.RequireAllKnown(_ => false));
        error.Mismatch.ShouldBe(TensorMismatch.Extra);
        error.Found.ShouldBe("a: F32 [2]");
    }

    [Fact]
    public void A_value_that_is_not_finite_is_refused_with_its_place()
    {
        using Checkpoint checkpoint = OpenSingle();
        var error = Should.Throw<TensorMismatchException>(() => checkpoint.Get("a").ReadFiniteSingles());
        error.Mismatch.ShouldBe(TensorMismatch.Value);
        error.Found.ShouldBe("NaN at element 1");
    }

    [Fact]
    public void A_folder_without_weights_says_what_was_looked_for()
    {
        Should.Throw<FileNotFoundException>(() => Checkpoint.Open(_folder.Path)).Message
            .ShouldContain("neither model.safetensors nor model.safetensors.index.json");
        Should.Throw<DirectoryNotFoundException>(() => Checkpoint.Open(_folder["none"]));
    }

    private void WriteShards()
    {
        SafetensorsWriter.Write(_folder["one.safetensors"], [TensorSource.From<float>("a", [1, 2], 2)]);
        SafetensorsWriter.Write(_folder["two.safetensors"], [TensorSource.From<float>("b", [3], 1)]);
    }

    private Checkpoint OpenSingle()
    {
        SafetensorsWriter.Write(_folder["model.safetensors"], [TensorSource.From<float>("a", [1, float.NaN], 2)]);
        return Checkpoint.Open(_folder.Path);
    }

    private SafetensorsFormatException RefuseIndex(string index)
    {
        _folder.Write(Index, index);
        return Should.Throw<SafetensorsFormatException>(() => Checkpoint.Open(_folder.Path));
    }
}
