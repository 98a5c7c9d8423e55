using System.Text.Json;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>Reads a plan's weights from a Hugging Face checkpoint, floating point or <c>pack-quantized</c>.</summary>
internal sealed class CheckpointWeightSource : IWeightSource
{
    private readonly EncoderModel _model;
    private readonly Checkpoint _checkpoint;
    private readonly QuantizationConfig? _quantization;
    private readonly string _prefix;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Opens a source.</summary>
    /// <param name="model">The encoder.</param>
    /// <param name="checkpoint">Its weights; <c>config.json</c> beside them says whether they are quantized.</param>
    /// <exception cref="CheckpointFormatException">The <c>quantization_config</c> cannot be read.</exception>
    public CheckpointWeightSource(EncoderModel model, Checkpoint checkpoint)
    {
        _model = model;
        _checkpoint = checkpoint;
        _quantization = ReadQuantization(checkpoint.Folder);

        // A checkpoint of the bare encoder carries no prefix.
        string prefix = CheckpointNames.EncoderPrefix(model.Family);
        _prefix = checkpoint.Names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)) ? prefix : "";
    }

    /// <inheritdoc/>
    public float[] Matrix(PlanWeight weight, int rows, int columns) =>
        Stack(weight, rows * columns, (name, part) => Use(name + ".weight", [rows / part, columns]));

    /// <inheritdoc/>
    public float[] Vector(PlanWeight weight, bool isBias, int length) =>
        Stack(weight, length, (name, parts) => Use(name + (isBias ? ".bias" : ".weight"), [length / parts]));

    /// <inheritdoc/>
    public QuantizedMatrix? Codes(PlanWeight weight, int rows, int columns, LinearPrecision precision)
    {
        string[] modules = Modules(weight);
        QuantizationGroup?[] groups = modules.Select(module => _quantization?.GroupOf(module)).ToArray();
        if (groups.All(group => group is null))
            return null;
        var codes = new List<short>(rows * columns);
        var scales = new List<float>();
        List<float>? minimums = precision.Weights.Symmetry == Symmetry.Asymmetric ? [] : null;
        for (int i = 0; i < modules.Length; i++)
        {
            RequireFormat(modules[i], groups[i], precision.Weights);
            PackedLinear packed = PackedLinear.Read(_checkpoint, modules[i], groups[i]!.Weights, rows / modules.Length, columns);
            foreach (string suffix in PackedLinear.Suffixes)
                _used.Add($"{modules[i]}.{suffix}");
            if (minimums is null)
                codes.AddRange(Array.ConvertAll(packed.Codes, code => (short)code));
            else
                codes.AddRange(Array.ConvertAll(packed.UnsignedCodes.ToArray(), code => (short)code));
            scales.AddRange(packed.Scales);
            minimums?.AddRange(packed.Minimums!);
        }

        int groupSize = precision.Weights.GroupSize == 0 ? columns : precision.Weights.GroupSize;
        return new([.. codes], [.. scales], minimums?.ToArray(), groupSize);
    }

    /// <inheritdoc/>
    public StaticRange InputRange(PlanWeight weight, ActivationFormat format)
    {
        // Stacked modules read one input: their ranges must be one range.
        StaticRange? range = null;
        foreach (string module in Modules(weight))
        {
            float[] scale = Use(module + ".input_scale", [1]).ReadFiniteSingles();
            TensorMismatchException.ThrowIfNotPositive(_checkpoint.Folder, module + ".input_scale", scale);
            float minimum = format.Symmetry == Symmetry.Asymmetric
                ? Use(module + ".input_minimum", [1]).ReadFiniteSingles()[0]
                : 0;
            var found = new StaticRange(scale[0], minimum);
            if (range is { } expected && expected != found)
            {
                throw new TensorMismatchException(
                    TensorMismatch.Value, _checkpoint.Folder, module + ".input_scale", $"{expected}, as of the modules stacked with it", $"{found}");
            }

            range = found;
        }

        return range!.Value;
    }

    /// <summary>Refuses tensors that belong to the encoder but that the plan did not read. Heads of other tasks may stay unread.</summary>
    /// <exception cref="TensorMismatchException">The first such tensor.</exception>
    public void RequireAllRead() => _checkpoint.RequireAllKnown(name => _used.Contains(name) || MayIgnore(name));

    private static bool IsHead(string name) =>
        name.StartsWith("cls.", StringComparison.Ordinal) || name.StartsWith("classifier.", StringComparison.Ordinal)
        || name.StartsWith("lm_head.", StringComparison.Ordinal) || name.StartsWith("pre_classifier.", StringComparison.Ordinal)
        || name.StartsWith("vocab_", StringComparison.Ordinal) || name.StartsWith("qa_outputs.", StringComparison.Ordinal)
        || name.StartsWith("pooler.", StringComparison.Ordinal);

    private bool MayIgnore(string name)
    {
        string bare = name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : name;
        return IsHead(bare) || bare is "embeddings.position_ids" or "embeddings.token_type_ids";
    }

    private float[] Stack(PlanWeight weight, int length, Func<string, int, CheckpointTensor> open)
    {
        string[] modules = Modules(weight);
        if (modules.Length == 1)
            return open(modules[0], 1).ReadFiniteSingles();
        float[] stacked = new float[length];
        for (int i = 0; i < modules.Length; i++)
            open(modules[i], modules.Length).ReadFiniteSingles().CopyTo(stacked, i * (length / modules.Length));
        return stacked;
    }

    private CheckpointTensor Use(string name, ReadOnlySpan<long> shape)
    {
        _used.Add(name);
        return _checkpoint.Get(name, shape);
    }

    private string[] Modules(PlanWeight weight)
    {
        string prefix = CheckpointNames.IsUnderEncoderPrefix(_model, weight.Role) ? _prefix : "";
        return CheckpointNames.Modules(_model, weight).Select(module => prefix + module).ToArray();
    }

    private void RequireFormat(string module, QuantizationGroup? found, WeightFormat wanted)
    {
        bool fits = found is { Weights: var w } && w.Bits == wanted.Bits
            && w.Symmetric == (wanted.Symmetry == Symmetry.Symmetric) && (w.GroupSize ?? 0) == wanted.GroupSize;
        if (!fits)
        {
            string text = found is null ? "floating point"
                : $"{(found.Weights.Symmetric ? "s" : "u")}{found.Weights.Bits}{(found.Weights.GroupSize is { } g ? $"g{g}" : "")}";
            throw new TensorMismatchException(
                TensorMismatch.ElementType, _checkpoint.Folder, module + ".weight_packed", $"weights in {wanted}, as the plan says", $"{text} in quantization_config");
        }
    }

    private static QuantizationConfig? ReadQuantization(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            return null;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return QuantizationConfigJson.Read(path, document.RootElement);
    }
}
