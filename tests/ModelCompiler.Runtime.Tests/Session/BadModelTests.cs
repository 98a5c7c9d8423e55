using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>Model folders that do not fit the class: a typed error that names file, field or tensor, and both values.</summary>
public sealed class BadModelTests : IDisposable
{
    private const string Query = "encoder.layer.1.attention.self.query.weight";

    private readonly FolderCopy _folder = new(ModelFixtures.TinyBert);
    private readonly EncoderDescriptor _descriptor = ModelFixtures.Describe(ModelFixtures.TinyBert);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_undamaged_copy_loads() => Load();

    [Fact]
    public void A_missing_folder_is_named() =>
        Should.Throw<ModelFolderException>(() => EncoderSession.Load(_descriptor, _folder.FilePath("nowhere"))).Path.ShouldBe(_folder.FilePath("nowhere"));

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public void A_missing_file_is_named(string name)
    {
        File.Delete(_folder.FilePath(name));
        Should.Throw<ModelFolderException>(Load).Message.ShouldContain(name);
    }

    [Theory]
    [InlineData("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2", "num_hidden_layers", "3", "2")]
    [InlineData("\"vocab_size\": 512", "\"vocab_size\": 513", "vocab_size", "512", "513")]
    [InlineData("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "hidden_act", "Gelu", "Relu")]
    [InlineData("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 1e-05", "layer_norm_eps", "1E-12", "1E-05")]
    public void A_configuration_that_disagrees_with_the_class_names_the_field(string from, string to, string field, string expected, string found)
    {
        string path = _folder.FilePath("config.json"), text = File.ReadAllText(path);
        text.ShouldContain(from);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));

        var e = Should.Throw<ModelMismatchException>(Load);
        (e.Field, e.Expected, e.Found).ShouldBe((field, expected, found));
    }

    [Fact]
    public void A_broken_configuration_says_where()
    {
        File.WriteAllText(_folder.FilePath("config.json"), "{ \"model_type\": \"bert\", ");
        Should.Throw<ModelFolderException>(Load).Message.ShouldContain("line 1");
    }

    [Fact]
    public void A_class_of_another_compiler_version_is_refused()
    {
        var other = new EncoderDescriptor
        {
            Name = "Old",
            Model = _descriptor.Model,
            Scheme = _descriptor.Scheme,
            Shapes = _descriptor.Shapes,
            Targets = _descriptor.Targets,
            PlanHash = new string('0', 64),
            Kernels = _descriptor.Kernels,
        };
        var e = Should.Throw<ModelMismatchException>(() => EncoderSession.Load(other, ModelFixtures.TinyBert));
        e.Field.ShouldContain("plan hash");
        e.Found.ShouldBe(other.PlanHash);
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        _folder.Rewrite(tensors => Without(tensors, Query));
        var e = Should.Throw<TensorMismatchException>(Load);
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.Missing, Query));
    }

    [Theory]
    [InlineData("encoder.layer.3.output.dense.weight")]
    [InlineData("encoder.layer.0.adapter.weight")]
    [InlineData("embeddings.unknown")]
    public void A_tensor_of_the_encoder_that_the_plan_does_not_know_is_named(string name)
    {
        _folder.Rewrite(tensors => With(tensors, TensorSource.From(name, new float[4], 4)));
        var e = Should.Throw<TensorMismatchException>(Load);
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.Extra, name));
    }

    [Theory]
    [InlineData("embeddings.position_ids")]
    [InlineData("cls.predictions.bias")]
    public void Buffers_and_other_heads_may_lie_in_the_checkpoint(string name)
    {
        _folder.Rewrite(tensors => With(tensors, TensorSource.From(name, new float[4], 4)));
        Load();
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes()
    {
        _folder.Rewrite(tensors => With(tensors, TensorSource.From(Query, new float[128 * 64], 128, 64)));
        var e = Should.Throw<TensorMismatchException>(Load);
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.Shape, Query));
        e.Expected.ShouldContain("[128, 128]");
        e.Found.ShouldContain("[128, 64]");
    }

    [Fact]
    public void A_tensor_of_integers_is_named_with_its_type()
    {
        _folder.Rewrite(tensors => With(tensors, TensorSource.From(Query, new int[128 * 128], 128, 128)));
        var e = Should.Throw<TensorMismatchException>(Load);
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.ElementType, Query));
    }

    [Theory]
    [InlineData(float.NaN, Precision.Fp16)]
    [InlineData(float.PositiveInfinity, Precision.Fp16)]
    [InlineData(70_000f, Precision.Fp16)]
    [InlineData(float.NaN, Precision.W4A4)]
    [InlineData(float.NegativeInfinity, Precision.W8A8)]
    public void A_weight_that_is_not_finite_or_too_large_for_its_storage_is_named(float value, Precision precision)
    {
        var values = new float[128 * 128];
        values[77] = value;
        _folder.Rewrite(tensors => With(tensors, TensorSource.From(Query, values, 128, 128)));
        EncoderDescriptor descriptor = ModelFixtures.Describe(ModelFixtures.TinyBert, precision);

        var e = Should.Throw<TensorMismatchException>(() => EncoderSession.Load(descriptor, _folder.Path));
        (e.Mismatch, e.TensorName).ShouldBe((TensorMismatch.Value, Query));
        e.Found.ShouldContain("element 77");
    }

    [Fact]
    public void A_layer_norm_under_its_old_names_loads()
    {
        _folder.Rewrite(tensors => tensors.Values.Select(Old).ToDictionary(t => t.Name));
        Load();

        static TensorSource Old(TensorSource t) => new(
            t.Name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal),
            t.ElementType, t.Shape, t.WriteTo);
    }

    [Fact]
    public void A_truncated_checkpoint_is_named()
    {
        string path = _folder.FilePath("model.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);
        Should.Throw<SafetensorsFormatException>(Load).Path.ShouldBe(path);
    }

    [Fact]
    public void A_tokenizer_of_a_larger_model_is_refused()
    {
        File.Copy(Path.Combine(ModelFixtures.WordNetModel, "vocab.txt"), _folder.FilePath("vocab.txt"));
        using EncoderSession session = EncoderSession.Load(ModelFixtures.Describe(ModelFixtures.TinyBert, head: EncoderHead.Pooler), _folder.Path);
        Should.Throw<ModelMismatchException>(() => session.Embed(["text"])).Expected.ShouldContain("512");
    }

    private void Load() => EncoderSession.Load(_descriptor, _folder.Path).Dispose();

    private static Dictionary<string, TensorSource> Without(Dictionary<string, TensorSource> tensors, string name)
    {
        tensors.Remove(name).ShouldBeTrue();
        return tensors;
    }

    private static Dictionary<string, TensorSource> With(Dictionary<string, TensorSource> tensors, TensorSource tensor)
    {
        tensors[tensor.Name] = tensor;
        return tensors;
    }
}
