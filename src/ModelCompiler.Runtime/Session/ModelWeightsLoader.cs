using System.Numerics.Tensors;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime;

/// <summary>
/// Reads every weight of a plan from a checkpoint: float tensors as FP16 or quantized by rounding to nearest, packed
/// codes as they are. Reports the first tensor that does not fit.
/// </summary>
/// <param name="plan">Names the weights and their formats.</param>
/// <param name="checkpoint">The open checkpoint.</param>
/// <param name="quantization">What its config.json says about packed weights; null for a float checkpoint.</param>
internal sealed class ModelWeightsLoader(ExecutionPlan plan, Checkpoint checkpoint, QuantizationConfig? quantization)
{
    private readonly Dictionary<PlanWeight, LoadedWeight> _weights = [];
    private readonly CheckpointModules _modules = new(plan.Model, checkpoint);

    private EncoderModel Model => plan.Model;

    /// <summary>Reads all weights and refuses tensors of the encoder that the plan has no use for.</summary>
    public ModelWeights Load()
    {
        foreach (PlanOp op in plan.Ops)
        {
            switch (op)
            {
                case EmbeddingOp embedding:
                    AddTables(embedding);
                    break;
                case LinearOp linear:
                    _weights[linear.Weight] = ReadLinear(linear);
                    break;
                case DenseOp dense:
                    _weights[dense.Weight] = ReadFloat16(dense.Weight, dense.N, dense.K);
                    break;
            }

            foreach (EpilogueStep step in op.Epilogue)
            {
                if (step is LayerNormStep norm)
                    _weights[norm.Weight] = ReadNorm(norm.Weight);
            }
        }

        _modules.RequireNoStrangers();
        return new(plan, _weights);
    }

    private void AddTables(EmbeddingOp embedding)
    {
        AddTable(WeightRole.WordEmbedding, Model.VocabularySize);
        AddTable(WeightRole.PositionEmbedding, Model.MaxPositions);
        if (embedding.HasTokenTypes)
            AddTable(WeightRole.TokenTypeEmbedding, Model.TokenTypes);

        void AddTable(WeightRole role, int rows)
        {
            var values = new Half[checked(rows * Model.HiddenSize)];
            ReadHalves(_modules.Paths(new(role))[0] + ".weight", values, rows, Model.HiddenSize);
            _weights[new(role)] = new TableWeight(rows, Model.HiddenSize, values);
        }
    }

    private NormWeight ReadNorm(PlanWeight weight)
    {
        string module = _modules.Paths(weight)[0];
        // Checkpoints converted from TensorFlow keep its names.
        bool old = !checkpoint.TryGet(module + ".weight", out _) && checkpoint.TryGet(module + ".gamma", out _);
        return new(
            ReadSingles(module + (old ? ".gamma" : ".weight"), Model.HiddenSize),
            ReadSingles(module + (old ? ".beta" : ".bias"), Model.HiddenSize));
    }

    private LoadedWeight ReadLinear(LinearOp linear)
    {
        EquatableArray<string> modules = _modules.Paths(linear.Weight);
        QuantizationGroup? group = GroupOf(linear, modules);
        if (group is null)
        {
            return linear.Precision.Weights.IsQuantized
                ? new QuantizedLinearWeight(QuantizeAtLoad(linear, modules), ReadBias(modules, linear.N), RequireNoStaticRange(linear, modules))
                : ReadFloat16(linear.Weight, linear.N, linear.K);
        }

        SchemeAgreement.Require(checkpoint.Folder, linear, group, linear.K);
        PackedLinear[] packed = [.. modules.Select(m =>
            PackedLinear.Read(checkpoint, m, group.Weights, linear.N / modules.Count, linear.K))];
        QuantizedLinear codes = Stack(packed);
        float[] bias = ReadBias(modules, linear.N);
        if (linear.Precision.Weights.IsQuantized)
        {
            // Wider codes of the same values: S · q does not depend on how many bits q could have.
            WeightFormat format = codes.Format with { Bits = linear.Precision.Weights.Bits };
            return new QuantizedLinearWeight(
                new(codes.Rows, codes.Columns, format, codes.Codes, codes.Scales, codes.Minima), bias, StaticRangeOf(linear, modules, packed));
        }

        var values = new float[codes.Codes.Length];
        codes.Dequantize(values);
        return new Float16LinearWeight(linear.N, linear.K, ToHalves(modules[0] + ".weight_packed", values), bias);
    }

    /// <summary>The one group of all stacked modules; null where they are stored as floats.</summary>
    private QuantizationGroup? GroupOf(LinearOp linear, EquatableArray<string> modules)
    {
        QuantizationGroup? first = quantization?.GroupOf(modules[0]);
        foreach (string module in modules)
        {
            if (quantization?.GroupOf(module) is var other && other?.Weights != first?.Weights)
                throw new ModelMismatchException(
                    checkpoint.Folder, $"{linear.Part} of layer {linear.Weight.Layer}", "one weight format for the modules that run as one", $"{module} in another");
        }

        return first;
    }

    private QuantizedLinear QuantizeAtLoad(LinearOp linear, EquatableArray<string> modules)
    {
        var values = new float[checked(linear.N * linear.K)];
        int rows = linear.N / modules.Count;
        for (int i = 0; i < modules.Count; i++)
        {
            CheckpointTensor tensor = checkpoint.Get(modules[i] + ".weight", rows, linear.K);
            Span<float> target = values.AsSpan(i * rows * linear.K, rows * linear.K);
            tensor.CopyTo(target);
            TensorMismatchException.ThrowIfNotFinite(tensor.Path, tensor.Info.Name, target);
        }

        return WeightQuantizer.Quantize(values, linear.N, linear.K, linear.Precision.Weights);
    }

    private static QuantizedLinear Stack(PackedLinear[] packed)
    {
        PackedLinear first = packed[0];
        int groupSize = first.GroupSize == first.InFeatures ? 0 : first.GroupSize;
        var format = new WeightFormat(
            first.Bits, first.Minimums is null ? Symmetry.Symmetric : Symmetry.Asymmetric, groupSize);
        var codes = new byte[packed.Sum(p => p.Codes.Length)];
        int end = 0;
        foreach (PackedLinear p in packed)
        {
            p.UnsignedCodes.CopyTo(codes.AsSpan(end));
            end += p.Codes.Length;
        }

        return new(
            packed.Sum(p => p.OutFeatures), first.InFeatures, format, codes,
            [.. packed.SelectMany(p => p.Scales)], [.. packed.SelectMany(p => p.Minimums ?? [])]);
    }

    /// <summary>The calibrated range of the input, which modules that run as one share; null where the plan takes it per token.</summary>
    private CalibratedRange? StaticRangeOf(LinearOp linear, EquatableArray<string> modules, PackedLinear[] packed)
    {
        ActivationFormat format = linear.Precision.Activations;
        if (!format.IsQuantized || format.Range != ActivationRange.Static)
            return null;
        CalibratedRange? range = null;
        for (int i = 0; i < packed.Length; i++)
        {
            if (packed[i].InputScale is not { } scale)
                throw MissingRange(modules[i] + ".input_scale");
            if (format.Symmetry == Symmetry.Asymmetric && packed[i].InputMinimum is null)
                throw MissingRange(modules[i] + ".input_minimum");
            var own = new CalibratedRange(scale, format.Symmetry == Symmetry.Asymmetric ? packed[i].InputMinimum!.Value : 0);
            if (range is { } shared && shared != own)
                throw new TensorMismatchException(
                    TensorMismatch.Value, checkpoint.Folder, modules[i] + ".input_scale", $"{shared}, the range of {modules[0]}, which reads the same input", $"{own}");
            range = own;
        }

        return range;
    }

    private CalibratedRange? RequireNoStaticRange(LinearOp linear, EquatableArray<string> modules) =>
        linear.Precision.Activations is { IsQuantized: true, Range: ActivationRange.Static }
            ? throw MissingRange(modules[0] + ".input_scale")
            : null;

    private TensorMismatchException MissingRange(string name) => new(
        TensorMismatch.Missing, checkpoint.Folder, name,
        "a calibrated activation range, because the class quantizes this input statically (write one with modelc quantize --calibrate)", "none");

    private Float16LinearWeight ReadFloat16(PlanWeight weight, int n, int k)
    {
        EquatableArray<string> modules = _modules.Paths(weight);
        var values = new Half[checked(n * k)];
        int rows = n / modules.Count;
        for (int i = 0; i < modules.Count; i++)
            ReadHalves(modules[i] + ".weight", values.AsSpan(i * rows * k, rows * k), rows, k);
        return new(n, k, values, ReadBias(modules, n));
    }

    private float[] ReadBias(EquatableArray<string> modules, int n) =>
        [.. modules.SelectMany(module => ReadSingles(module + ".bias", n / modules.Count))];

    private float[] ReadSingles(string name, int length) => checkpoint.Get(name, length).ReadFiniteSingles();

    private void ReadHalves(string name, Span<Half> values, int rows, int columns)
    {
        float[] singles = checkpoint.Get(name, rows, columns).ReadFiniteSingles();
        ToHalves(name, singles).CopyTo(values);
    }

    /// <summary>Rounds to FP16, ties to even, and refuses what FP16 cannot hold.</summary>
    private Half[] ToHalves(string name, float[] values)
    {
        var halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        int overflow = Array.FindIndex(halves, h => !Half.IsFinite(h));
        return overflow < 0
            ? halves
            : throw new TensorMismatchException(
                TensorMismatch.Value, checkpoint.Folder, name, "values that FP16 can hold, up to 65504", FormattableString.Invariant($"{values[overflow]} at element {overflow}"));
    }
}
