using System.Text.Json;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime;

/// <summary>A model folder in Hugging Face layout and what its config.json says.</summary>
internal sealed class ModelFolder
{
    public const string ConfigName = "config.json";

    private ModelFolder(string path, string text, HuggingFaceConfig config, QuantizationConfig? quantization) =>
        (Path, ConfigText, Config, Quantization) = (path, text, config, quantization);

    public string Path { get; }

    /// <summary>The whole config.json.</summary>
    public string ConfigText { get; }

    public HuggingFaceConfig Config { get; }

    /// <summary>How packed weights are stored; null for a float checkpoint.</summary>
    public QuantizationConfig? Quantization { get; }

    private string ConfigPath => System.IO.Path.Combine(Path, ConfigName);

    /// <summary>Reads config.json.</summary>
    /// <exception cref="ModelFolderException">The folder or its config.json is missing or cannot be read.</exception>
    /// <exception cref="QuantizationConfigException">Its quantization_config cannot be run.</exception>
    public static ModelFolder Open(string path)
    {
        if (!Directory.Exists(path))
            throw new ModelFolderException(path, "a model folder", "no such folder");
        string config = System.IO.Path.Combine(path, ConfigName);
        if (!File.Exists(config))
            throw new ModelFolderException(config, "the configuration of the model", "no such file");
        string text = File.ReadAllText(config);
        HuggingFaceConfigResult result = HuggingFaceConfig.Parse(text);
        if (result.Config is null)
            throw new ModelFolderException(config, "a configuration that the compiler can read", string.Join("; ", result.Errors));
        using JsonDocument document = JsonDocument.Parse(text);
        return new(path, text, result.Config, QuantizationConfigJson.Read(config, document.RootElement));
    }

    /// <summary>Holds the configuration against the model of a class.</summary>
    /// <exception cref="ModelMismatchException">The first key that differs.</exception>
    public void RequireModel(EncoderModel model)
    {
        foreach (ConfigDisagreement difference in Config.DisagreementsWith(model))
            throw new ModelMismatchException(ConfigPath, difference.Key, difference.InModel, difference.InConfig);
    }

    /// <summary>
    /// Label names of a classifier: the folder's where it has any, because a class may run several checkpoints of one
    /// shape; the class's otherwise. Empty without a classifier.
    /// </summary>
    public string[] LabelsFor(EncoderModel model)
    {
        if (model.Labels == 0)
            return [];
        if (Config.LabelNames.Count == model.Labels)
            return [.. Config.LabelNames];
        return model.LabelNames.Count == model.Labels
            ? [.. model.LabelNames]
            : [.. Enumerable.Range(0, model.Labels).Select(i => FormattableString.Invariant($"LABEL_{i}"))];
    }

    /// <summary>Reads every weight of a plan.</summary>
    /// <exception cref="ModelCompilerException">A file or tensor is missing, broken or does not fit; the derived type says which.</exception>
    public ModelWeights LoadWeights(ExecutionPlan plan)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(Path);
            return new ModelWeightsLoader(plan, checkpoint, Quantization).Load();
        }
        catch (FileNotFoundException e)
        {
            throw new ModelFolderException(Path, "model.safetensors or its shards", e.Message, e);
        }
    }
}
