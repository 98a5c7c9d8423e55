using System.Text.Json;
using System.Text.Json.Nodes;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Training.Checkpoints;

namespace ModelCompiler.Training.Modules;

/// <summary>Writes trainable encoders as folders in Hugging Face layout.</summary>
public static class EncoderWriter
{
    /// <summary>Writes a float checkpoint, fp32, with the weights as <see cref="QuantizedLinear.TransformedWeight"/> gives them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">Folder that it was made from: its config.json and tokenizer are copied.</param>
    /// <param name="target">Folder to write; must be empty or not there yet.</param>
    public static void Write(TrainableEncoder model, string source, string target)
    {
        RequireEmpty(target);
        Directory.CreateDirectory(target);
        SafetensorsWriter.Write(
            Path.Combine(target, Checkpoint.SingleFileName),
            [.. Outside(model, half: false), .. model.Linears.SelectMany(linear => FloatLinear(model.Model, linear, half: false))],
            new Dictionary<string, string> { ["format"] = "pt" });
        QuantizedCheckpoint.CopyCompanions(source, target);
        JsonObject config = Config(model.Model, source);
        config["dtype"] = "float32";
        WriteConfig(config, target);
    }

    internal static void RequireEmpty(string target)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new TrainingException($"{target}: expected an empty folder or none, found files in it.");
    }

    internal static void WriteConfig(JsonObject config, string target) =>
        File.WriteAllText(Path.Combine(target, ModelFolder.ConfigName), config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");

    /// <summary>config.json of the source with this model's number of layers.</summary>
    internal static JsonObject Config(EncoderModel model, string source)
    {
        JsonObject config = JsonNode.Parse(ModelFolder.Open(source).ConfigText)!.AsObject();
        config[model.Family == EncoderFamily.DistilBert ? "n_layers" : "num_hidden_layers"] = model.Layers;
        config.Remove("torch_dtype");
        return config;
    }

    /// <summary>Checkpoint module with the encoder's prefix where it has it.</summary>
    internal static string FullName(EncoderModel model, WeightRole role, string module) =>
        (CheckpointNames.IsUnderEncoderPrefix(model, role) ? CheckpointNames.EncoderPrefix(model.Family) : "") + module;

    /// <summary>Everything but the linear parts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="half">In FP16, which is what the executors keep them in.</param>
    internal static IEnumerable<TensorSource> Outside(TrainableEncoder model, bool half)
    {
        EncoderModel m = model.Model;
        List<(WeightRole Role, int Layer, string Kind, ModelParameter? Value)> all =
        [
            (WeightRole.WordEmbedding, -1, "weight", model.Embeddings.Word),
            (WeightRole.PositionEmbedding, -1, "weight", model.Embeddings.Position),
            (WeightRole.TokenTypeEmbedding, -1, "weight", model.Embeddings.Type),
            .. Norm(WeightRole.EmbeddingNorm, -1, model.Embeddings.Norm),
            .. model.Layers.SelectMany((layer, i) => (IEnumerable<(WeightRole, int, string, ModelParameter?)>)
                [.. Norm(WeightRole.AttentionNorm, i, layer.AttentionNorm), .. Norm(WeightRole.MlpNorm, i, layer.MlpNorm)]),
            (WeightRole.HeadDense, -1, "weight", model.Head.DenseWeight),
            (WeightRole.HeadDense, -1, "bias", model.Head.DenseBias),
            (WeightRole.Classifier, -1, "weight", model.Head.Weight),
            (WeightRole.Classifier, -1, "bias", model.Head.Bias),
        ];
        foreach ((WeightRole role, int layer, string kind, ModelParameter? parameter) in all)
        {
            if (parameter is null)
                continue;
            string name = $"{FullName(m, role, CheckpointNames.Modules(m, new(role, layer))[0])}.{kind}";
            yield return Source(name, StateTensors.ToArray(parameter.Value), half, parameter.Value.shape);
        }

        static IEnumerable<(WeightRole, int, string, ModelParameter?)> Norm(WeightRole role, int layer, NormParameters norm) =>
            [(role, layer, "weight", norm.Weight), (role, layer, "bias", norm.Bias)];
    }

    /// <summary>Weight and bias of a linear part, one pair for each module that it stacks.</summary>
    internal static IEnumerable<TensorSource> FloatLinear(EncoderModel model, QuantizedLinear linear, bool half)
    {
        float[] weight = StateTensors.ToArray(linear.TransformedWeight());
        long rows = linear.Weight.Value.shape[0] / linear.Modules.Count, columns = linear.Weight.Value.shape[1];
        for (int i = 0; i < linear.Modules.Count; i++)
        {
            yield return Source(
                $"{FullName(model, WeightRole.Qkv, linear.Modules[i])}.weight",
                weight[(int)(i * rows * columns)..(int)((i + 1) * rows * columns)], half, rows, columns);
        }

        foreach (TensorSource bias in Biases(model, linear, half))
            yield return bias;
    }

    internal static IEnumerable<TensorSource> Biases(EncoderModel model, QuantizedLinear linear, bool half)
    {
        float[] bias = StateTensors.ToArray(linear.Bias.Value);
        int rows = bias.Length / linear.Modules.Count;
        for (int i = 0; i < linear.Modules.Count; i++)
            yield return Source($"{FullName(model, WeightRole.Qkv, linear.Modules[i])}.bias", bias[(i * rows)..((i + 1) * rows)], half, rows);
    }

    private static TensorSource Source(string name, float[] values, bool half, params ReadOnlySpan<long> shape) => half
        ? TensorSource.From<Half>(name, [.. values.Select(v => (Half)v)], shape)
        : TensorSource.From(name, values, shape);
}
