using System.Text.Json;
using System.Text.Json.Nodes;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Tests.Weights.CompressedTensors;

public sealed class QuantizationConfigTests
{
    // As llm-compressor writes it.
    private const string Foreign = """
        {"quantization_config": {
          "config_groups": {"group_0": {
            "input_activations": {"actorder": null, "block_structure": null, "dynamic": true, "group_size": null, "num_bits": 8,
              "observer": null, "observer_kwargs": {}, "strategy": "token", "symmetric": true, "type": "int"},
            "output_activations": null, "targets": ["Linear"],
            "weights": {"actorder": null, "block_structure": null, "dynamic": false, "group_size": 128, "num_bits": 4,
              "observer": "minmax", "observer_kwargs": {}, "strategy": "group", "symmetric": true, "type": "int"}}},
          "format": "pack-quantized", "global_compression_ratio": 1.9, "ignore": ["lm_head", "re:.*pooler.*"],
          "kv_cache_scheme": null, "quant_method": "compressed-tensors", "quantization_status": "compressed"}}
        """;

    [Fact]
    public void A_config_of_another_writer_is_read()
    {
        QuantizationConfig config = Read(Foreign)!;
        QuantizationGroup group = config.Groups.Single();
        group.Weights.ShouldBe(new QuantizationArguments(4, true, QuantizationStrategy.Group, 128, false));
        group.InputActivations.ShouldBe(new QuantizationArguments(8, true, QuantizationStrategy.Token, null, true));
        config.GroupOf("encoder.layer.0.output.dense").ShouldBe(group);
        config.GroupOf("lm_head").ShouldBeNull();
        config.GroupOf("bert.pooler.dense").ShouldBeNull();
    }

    [Fact]
    public void A_config_comes_back_as_it_was_written()
    {
        var config = new QuantizationConfig(
            [
                new("rest", ["Linear"], new(4, true, QuantizationStrategy.Channel, null, false), null),
                new("mlp", [@"re:.*\.output\.dense$"], new(8, false, QuantizationStrategy.Group, 64, false),
                    new(8, false, QuantizationStrategy.Tensor, null, false)),
                new("one", ["layer.0.output.dense"], new(8, true, QuantizationStrategy.Channel, null, false),
                    new(8, true, QuantizationStrategy.Token, null, true)),
            ],
            ["classifier"]);
        var root = new JsonObject { ["quantization_config"] = QuantizationConfigJson.Write(config) };
        QuantizationConfig back = Read(root.ToJsonString())!;
        QuantizationConfigJson.Write(back).ToJsonString().ShouldBe(QuantizationConfigJson.Write(config).ToJsonString());
        back.GroupOf("layer.0.output.dense")!.Name.ShouldBe("one");
        back.GroupOf("layer.1.output.dense")!.Name.ShouldBe("mlp");
        back.GroupOf("layer.1.query")!.Name.ShouldBe("rest");
        back.GroupOf("classifier").ShouldBeNull();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"quantization_config": null}""")]
    public void A_model_that_is_not_quantized_has_no_config(string json) => Read(json).ShouldBeNull();

    [Theory]
    [InlineData("\"quant_method\": \"compressed-tensors\"", "\"quant_method\": \"gptq\"", "quantization_config.quant_method")]
    [InlineData("\"format\": \"pack-quantized\"", "\"format\": \"float-quantized\"", "quantization_config.format")]
    [InlineData("\"num_bits\": 4", "\"num_bits\": 3", "quantization_config.config_groups.group_0.weights.num_bits")]
    [InlineData("\"num_bits\": 4", "\"num_bits\": 4.5", "quantization_config.config_groups.group_0.weights.num_bits")]
    [InlineData("\"strategy\": \"group\"", "\"strategy\": \"block\"", "quantization_config.config_groups.group_0.weights.strategy")]
    [InlineData("\"strategy\": \"group\"", "\"strategy\": \"channel\"", "quantization_config.config_groups.group_0.weights.strategy")]
    [InlineData("\"strategy\": \"token\"", "\"strategy\": \"tensor\"", "quantization_config.config_groups.group_0.input_activations")]
    [InlineData("\"output_activations\": null", "\"output_activations\": {}", "quantization_config.config_groups.group_0.output_activations")]
    [InlineData("\"type\": \"int\"", "\"type\": \"float\"", "quantization_config.config_groups.group_0.weights.type")]
    [InlineData("\"weights\"", "\"weight\"", "quantization_config.config_groups.group_0")]
    [InlineData("re:.*pooler.*", "re:(", "quantization_config.ignore")]
    [InlineData("re:.*pooler.*", "re:(?=a)", "quantization_config.ignore")]
    [InlineData("[\"Linear\"]", "\"Linear\"", "quantization_config.config_groups.group_0.targets")]
    public void A_config_that_cannot_be_run_is_refused_with_its_place(string from, string to, string what)
    {
        int last = Foreign.LastIndexOf(from, StringComparison.Ordinal);
        string changed = from.StartsWith("\"output", StringComparison.Ordinal) || last < 0
            ? Foreign.Replace(from, to)
            : Foreign[..last] + to + Foreign[(last + from.Length)..];
        changed.ShouldNotBe(Foreign);
        var error = Should.Throw<QuantizationConfigException>(() => Read(changed));
        error.What.ShouldBe(what);
        error.Path.ShouldBe("config.json");
    }

    private static QuantizationConfig? Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return QuantizationConfigJson.Read("config.json", document.RootElement);
    }
}
