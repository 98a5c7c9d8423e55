using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Training.Modules;

/// <summary>Makes trainable encoders from folders in Hugging Face layout, with their weights or with random ones.</summary>
public static class EncoderReader
{
    /// <summary>Standard deviation of random matrices (Devlin et al., 2019, appendix A.2).</summary>
    private const double RandomDeviation = 0.02;

    /// <summary>Reads a float checkpoint.</summary>
    /// <param name="folder">config.json and safetensors.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="layers">Layers to keep, from 0, in rising order; null for all.</param>
    /// <exception cref="ModelCompilerException">A file or tensor is missing, broken or does not fit; the derived type says which.</exception>
    public static TrainableEncoder FromFolder(string folder, torch.Device device, IReadOnlyList<int>? layers = null)
    {
        EncoderModel model = ModelOf(folder, layers, out ModelFolder files);
        if (files.Quantization is not null)
            throw new ModelFolderException(folder, "float weights", "a checkpoint that is quantized already");
        using Checkpoint checkpoint = OpenCheckpoint(folder);
        var modules = new CheckpointModules(model, checkpoint);
        return Build(model, device, Read);

        Tensor Read(PlanWeight weight, string kind, long[] shape)
        {
            PlanWeight source = weight.Layer >= 0 && layers is not null ? weight with { Layer = layers[weight.Layer] } : weight;
            EquatableArray<string> paths = modules.Paths(source);
            long rows = shape[0] / paths.Count;
            long[] own = [rows, .. shape[1..]];
            float[] values = [.. paths.SelectMany(path => checkpoint.Get(NameOf(path, kind), own).ReadFiniteSingles())];
            return torch.tensor(values, shape, torch.float32, device);
        }

        // Checkpoints converted from TensorFlow name the norms' tensors gamma and beta.
        string NameOf(string path, string kind)
        {
            string name = $"{path}.{kind}", old = $"{path}.{(kind == "weight" ? "gamma" : "beta")}";
            return !checkpoint.TryGet(name, out _) && checkpoint.TryGet(old, out _) ? old : name;
        }
    }

    /// <summary>Random weights: matrices from N(0, 0.02²), biases 0, norms 1. The same on every device.</summary>
    /// <param name="folder">config.json.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="layers">Layers to keep; null for all. Only their number matters.</param>
    public static TrainableEncoder Random(string folder, torch.Device device, int seed, IReadOnlyList<int>? layers = null)
    {
        EncoderModel model = ModelOf(folder, layers, out _);
        torch.manual_seed(seed);
        return Build(model, device, (weight, kind, shape) => shape.Length == 2
            ? torch.randn(shape, torch.float32).mul(RandomDeviation).to(device)
            : kind == "weight" ? torch.ones(shape, torch.float32, device) : torch.zeros(shape, torch.float32, device));
    }

    internal static EncoderModel ModelOf(string folder, IReadOnlyList<int>? layers, out ModelFolder files)
    {
        files = ModelFolder.Open(folder);
        EncoderModel model = FolderDescriptor.Create(folder, files.Config, default).Model;
        if (model.Head != EncoderHead.SequenceClassifier)
            throw new ModelFolderException(folder, "a sequence classifier", $"{model.Head}");
        if (layers is null)
            return model;
        if (layers[^1] >= model.Layers)
            throw new ModelFolderException(folder, $"a model with a layer {layers[^1]}, which the student keeps", $"{model.Layers} layers");
        return model with { Layers = layers.Count };
    }

    private static Checkpoint OpenCheckpoint(string folder)
    {
        try
        {
            return Checkpoint.Open(folder);
        }
        catch (FileNotFoundException e)
        {
            throw new ModelFolderException(folder, "model.safetensors or its shards", e.Message, e);
        }
    }

    private static TrainableEncoder Build(EncoderModel model, torch.Device device, Func<PlanWeight, string, long[], Tensor> source)
    {
        using var scope = torch.NewDisposeScope();
        int hidden = model.HiddenSize;
        Tensor Get(WeightRole role, int layer, string kind, params long[] shape) =>
            source(new(role, layer), kind, shape).DetachFromDisposeScope();
        NormParameters Norm(WeightRole role, int layer, string name) => new(
            name, CheckpointNames.Modules(model, new(role, layer))[0],
            Get(role, layer, "weight", hidden), Get(role, layer, "bias", hidden), model.LayerNormEpsilon);
        QuantizedLinear Linear(WeightRole role, EncoderPart part, int layer, int rows, int columns) => new(
            part, layer, CheckpointNames.Modules(model, new(role, layer)), Get(role, layer, "weight", rows, columns), Get(role, layer, "bias", rows));

        var embeddings = new EmbeddingParameters(
            model,
            Get(WeightRole.WordEmbedding, -1, "weight", model.VocabularySize, hidden),
            Get(WeightRole.PositionEmbedding, -1, "weight", model.MaxPositions, hidden),
            model.TokenTypes > 0 ? Get(WeightRole.TokenTypeEmbedding, -1, "weight", model.TokenTypes, hidden) : null,
            Norm(WeightRole.EmbeddingNorm, -1, "embeddings.norm"));
        var layers = new List<EncoderLayer>();
        for (int i = 0; i < model.Layers; i++)
        {
            layers.Add(new(
                model,
                Linear(WeightRole.Qkv, EncoderPart.Qkv, i, 3 * hidden, hidden),
                Linear(WeightRole.AttentionOutput, EncoderPart.AttentionOutput, i, hidden, hidden),
                Norm(WeightRole.AttentionNorm, i, $"layer.{i}.attentionNorm"),
                Linear(WeightRole.MlpIntermediate, EncoderPart.MlpIntermediate, i, model.IntermediateSize, hidden),
                Linear(WeightRole.MlpOutput, EncoderPart.MlpOutput, i, hidden, model.IntermediateSize),
                Norm(WeightRole.MlpNorm, i, $"layer.{i}.mlpNorm")));
        }

        var head = new ClassifierParameters(
            model.Family,
            Get(WeightRole.HeadDense, -1, "weight", hidden, hidden),
            Get(WeightRole.HeadDense, -1, "bias", hidden),
            Get(WeightRole.Classifier, -1, "weight", model.Labels, hidden),
            Get(WeightRole.Classifier, -1, "bias", model.Labels));
        return new(model, embeddings, layers, head);
    }
}
