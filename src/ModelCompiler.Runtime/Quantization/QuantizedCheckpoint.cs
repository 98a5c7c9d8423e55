using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Quantization;

/// <summary>What rounding did to the weights of one linear module.</summary>
/// <param name="Module">Module path in the checkpoint.</param>
/// <param name="Format">Format of the codes.</param>
/// <param name="RelativeError">‖W - Ŵ‖ / ‖W‖, Frobenius norms.</param>
/// <param name="OutputError">‖X·(W - Ŵ)ᵀ‖ / ‖X·Wᵀ‖ over sampled inputs X of a calibration; null without one.</param>
/// <param name="Bytes">Bytes of codes, scales and minima.</param>
/// <param name="OriginalBytes">Bytes of the float weights.</param>
public sealed record QuantizedModule(string Module, WeightFormat Format, double RelativeError, double? OutputError, long Bytes, long OriginalBytes);

/// <summary>
/// Writes a quantized copy of a model folder: packed weights in the <c>pack-quantized</c> layout of compressed-tensors,
/// every other tensor as it was, <c>quantization_config</c> in config.json, tokenizer files beside them.
/// </summary>
public static class QuantizedCheckpoint
{
    private static readonly string[] CompanionFiles =
    [
        "vocab.txt", "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "sentencepiece.bpe.model", "spiece.model", "modules.json", "sentence_bert_config.json",
        Path.Combine("1_Pooling", "config.json"),
    ];

    /// <summary>Quantizes the linear layers of a plan, one module at a time, and writes the folder.</summary>
    /// <param name="plan">Says which layers are quantized, and how.</param>
    /// <param name="source">Model folder with float weights.</param>
    /// <param name="target">Folder to write; must be empty or not there yet.</param>
    /// <param name="calibration">What was seen at the inputs of the linear layers; needed for a plan with static activations.</param>
    /// <param name="onModule">Called after each module.</param>
    /// <exception cref="ModelCompilerException">The source is quantized already, a tensor does not fit, or the target is not empty.</exception>
    public static void Write(
        ExecutionPlan plan, string source, string target, Calibration? calibration, Action<QuantizedModule>? onModule = null)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new ModelCompilerException($"{target}: expected an empty folder or none, found files in it.");
        ModelFolder folder = ModelFolder.Open(source);
        if (folder.Quantization is not null)
            throw new ModelCompilerException($"{source}: expected float weights, found a checkpoint that is quantized already.");

        using Checkpoint checkpoint = Checkpoint.Open(source);
        var tensors = new Dictionary<string, IEnumerable<TensorSource>>(StringComparer.Ordinal);
        foreach (string name in checkpoint.Names)
            tensors[name] = [checkpoint.Get(name).ToSource()];
        var modules = new CheckpointModules(plan.Model, checkpoint);
        foreach (LinearOp linear in plan.Ops.OfType<LinearOp>().Where(op => op.Precision.Weights.IsQuantized))
        {
            CalibratedRange? range = RangeOf(linear, calibration);
            var paths = modules.Paths(linear.Weight);
            foreach (string path in paths)
            {
                (PackedLinear packed, QuantizedModule module) = Quantize(checkpoint, path, linear, linear.N / paths.Count, range, calibration);
                tensors[path + ".weight"] = packed.ToTensors(path);
                onModule?.Invoke(module);
            }
        }

        Directory.CreateDirectory(target);
        SafetensorsWriter.Write(
            Path.Combine(target, Checkpoint.SingleFileName), tensors.Values.SelectMany(t => t), new Dictionary<string, string> { ["format"] = "pt" });
        CopyCompanions(source, target);
        WriteConfig(plan, folder, Path.Combine(target, ModelFolder.ConfigName));
    }

    private static CalibratedRange? RangeOf(LinearOp linear, Calibration? calibration)
    {
        ActivationFormat format = linear.Precision.Activations;
        if (format is not { IsQuantized: true, Range: ActivationRange.Static })
            return null;
        return calibration?.RangeOf(linear.Weight, format)
            ?? throw new ModelCompilerException($"{linear.Name}: expected calibration texts, because the scheme has static activation ranges, found none.");
    }

    private static (PackedLinear Packed, QuantizedModule Module) Quantize(
        Checkpoint checkpoint, string path, LinearOp linear, int rows, CalibratedRange? range, Calibration? calibration)
    {
        CheckpointTensor tensor = checkpoint.Get(path + ".weight", rows, linear.K);
        float[] values = tensor.ReadFiniteSingles();
        WeightFormat format = linear.Precision.Weights;
        float[] kept = [.. values];
        if (format.Sparsity == Sparsity.TwoOfFour)
            TwoOfFour.Prune(kept);
        QuantizedLinear quantized = WeightQuantizer.Quantize(kept, rows, linear.K, format);
        var packed = new PackedLinear
        {
            OutFeatures = rows,
            InFeatures = linear.K,
            Bits = format.Bits,
            GroupSize = linear.K / quantized.Groups,
            Codes = [.. quantized.SignedCodes],
            Scales = quantized.Scales,
            Minimums = format.Symmetry == Symmetry.Asymmetric ? quantized.Minima : null,
            InputScale = range?.Scale,
            InputMinimum = range is { } r && linear.Precision.Activations.Symmetry == Symmetry.Asymmetric ? r.Minimum : null,
        };
        long bytes = (long)rows * PackedCodes.WordsPerRow(linear.K, format.Bits) * sizeof(int)
            + (quantized.Scales.Length + quantized.Minima.Length) * sizeof(float);
        var error = QuantizationError.Of(values, quantized, calibration?.SamplesOf(linear.Weight));
        return (packed, new(path, format, error.Weights, error.Output, bytes, tensor.Info.ByteLength));
    }

    internal static void CopyCompanions(string source, string target)
    {
        foreach (string name in CompanionFiles)
        {
            string from = Path.Combine(source, name), to = Path.Combine(target, name);
            if (!File.Exists(from))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
        }
    }

    private static void WriteConfig(ExecutionPlan plan, ModelFolder folder, string path)
    {
        JsonObject config = JsonNode.Parse(folder.ConfigText)!.AsObject();
        config[QuantizationConfigJson.PropertyName] = QuantizationConfigJson.Write(ConfigOf(plan));
        File.WriteAllText(path, config.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Parts of equal precision form a group; its targets are patterns over all layers.</summary>
    internal static QuantizationConfig ConfigOf(ExecutionPlan plan)
    {
        var parts = QuantizationScheme.Parts.Where(part => plan.Scheme[part].Weights.IsQuantized).GroupBy(part => plan.Scheme[part]);
        ImmutableArray<QuantizationGroup> groups =
            [.. parts.Select((group, i) => new QuantizationGroup(
                $"group_{i}",
                [.. group.SelectMany(part => Patterns(plan.Model, part))],
                WeightsOf(group.Key.Weights),
                ActivationsOf(group.Key.Activations)))];
        return new(groups, []);
    }

    private static IEnumerable<string> Patterns(EncoderModel model, EncoderPart part)
    {
        WeightRole role = part switch
        {
            EncoderPart.Qkv => WeightRole.Qkv,
            EncoderPart.AttentionOutput => WeightRole.AttentionOutput,
            EncoderPart.MlpIntermediate => WeightRole.MlpIntermediate,
            _ => WeightRole.MlpOutput,
        };
        return CheckpointNames.Modules(model, new(role, 0)).Select(module =>
            QuantizationConfig.PatternPrefix + ".*" + Regex.Escape(module).Replace(@"layer\.0\.", @"layer\.\d+\.", StringComparison.Ordinal) + "$");
    }

    private static QuantizationArguments WeightsOf(WeightFormat format) => new(
        format.Bits,
        format.Symmetry == Symmetry.Symmetric,
        format.GroupSize > 0 ? QuantizationStrategy.Group : QuantizationStrategy.Channel,
        format.GroupSize > 0 ? format.GroupSize : null,
        Dynamic: false);

    private static QuantizationArguments? ActivationsOf(ActivationFormat format)
    {
        bool dynamic = format.Range == ActivationRange.PerToken;
        return format.IsQuantized
            ? new(format.Bits, format.Symmetry == Symmetry.Symmetric, dynamic ? QuantizationStrategy.Token : QuantizationStrategy.Tensor, null, dynamic)
            : null;
    }
}
