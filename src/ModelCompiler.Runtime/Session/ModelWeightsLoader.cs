using System.Buffers;
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
    private readonly CheckpointModules _modules = new(plan.Model, checkpoint);

    private EncoderModel Model => plan.Model;

    /// <summary>Reads all weights, side by side, and refuses tensors of the encoder that the plan has no use for.</summary>
    public ModelWeights Load()
    {
        (PlanWeight Weight, Func<LoadedWeight> Read)[] reads = [.. plan.Ops.SelectMany(Reads)];
        var read = new LoadedWeight[reads.Length];
        OrderedParallel.For(reads.Length, i => read[i] = reads[i].Read());
        _modules.RequireNoStrangers();
        return new(plan, reads.Select((r, i) => KeyValuePair.Create(r.Weight, read[i])));
    }

    /// <summary>The weights of an op, and how each is read.</summary>
    private IEnumerable<(PlanWeight Weight, Func<LoadedWeight> Read)> Reads(PlanOp op)
    {
        switch (op)
        {
            case EmbeddingOp embedding:
                yield return Table(WeightRole.WordEmbedding, Model.VocabularySize);
                yield return Table(WeightRole.PositionEmbedding, Model.MaxPositions);
                if (embedding.HasTokenTypes)
                    yield return Table(WeightRole.TokenTypeEmbedding, Model.TokenTypes);
                break;
            case LinearOp linear:
                yield return (linear.Weight, () => ReadLinear(linear));
                break;
            case DenseOp dense:
                yield return (dense.Weight, () => ReadFloat16(dense.Weight, dense.N, dense.K));
                break;
        }

        foreach (LayerNormStep norm in op.Epilogue.OfType<LayerNormStep>())
            yield return (norm.Weight, () => ReadNorm(norm.Weight));

        (PlanWeight, Func<LoadedWeight>) Table(WeightRole role, int rows) => (new(role), () =>
        {
            Half[] values = GC.AllocateUninitializedArray<Half>(checked(rows * Model.HiddenSize));
            ReadHalves(_modules.Paths(new(role))[0] + ".weight", values, rows, Model.HiddenSize);
            return new TableWeight(rows, Model.HiddenSize, values);
        });
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
            WeightFormat format = codes.Format with { Bits = linear.Precision.Weights.Bits, Sparsity = linear.Precision.Weights.Sparsity };
            var wide = new QuantizedLinear(codes.Rows, codes.Columns, format, codes.Codes, codes.Scales, codes.Minima);
            return new QuantizedLinearWeight(Checked(linear, modules, wide), bias, StaticRangeOf(linear, modules, packed));
        }

        var values = new float[codes.Codes.Length];
        codes.Dequantize(values);
        var halves = new Half[values.Length];
        ToHalves(modules[0] + ".weight_packed", 0, values, halves);
        return new Float16LinearWeight(linear.N, linear.K, halves, bias);
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

        return Checked(linear, modules, WeightQuantizer.Quantize(values, linear.N, linear.K, linear.Precision.Weights));
    }

    private QuantizedLinear Checked(LinearOp linear, EquatableArray<string> modules, QuantizedLinear codes)
    {
        if (linear.Precision.Weights.Sparsity == Sparsity.TwoOfFour)
            TwoOfFour.Require(checkpoint.Folder, string.Join(", ", modules), codes);
        return codes;
    }

    private static QuantizedLinear Stack(PackedLinear[] packed)
    {
        PackedLinear first = packed[0];
        int groupSize = first.GroupSize == first.InFeatures ? 0 : first.GroupSize;
        var format = new WeightFormat(
            first.Bits, first.Minimums is null ? Symmetry.Symmetric : Symmetry.Asymmetric, groupSize);
        return new(
            packed.Sum(p => p.OutFeatures), first.InFeatures, format, StackCodes(packed),
            [.. packed.SelectMany(p => p.Scales)], [.. packed.SelectMany(p => p.Minimums ?? [])]);
    }

    private static byte[] StackCodes(PackedLinear[] packed)
    {
        if (packed.Length == 1)
            return (byte[])(object)packed[0].Codes; // the runtime lets bytes of either sign pass as the other
        byte[] codes = GC.AllocateUninitializedArray<byte>(packed.Sum(p => p.Codes.Length));
        int end = 0;
        foreach (PackedLinear p in packed)
        {
            p.UnsignedCodes.CopyTo(codes.AsSpan(end));
            end += p.Codes.Length;
        }

        return codes;
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
            ReadHalves(modules[i] + ".weight", values.AsMemory(i * rows * k, rows * k), rows, k);
        return new(n, k, values, ReadBias(modules, n));
    }

    private float[] ReadBias(EquatableArray<string> modules, int n) =>
        [.. modules.SelectMany(module => ReadSingles(module + ".bias", n / modules.Count))];

    private float[] ReadSingles(string name, int length) => checkpoint.Get(name, length).ReadFiniteSingles();

    /// <summary>Reads a matrix as FP16, many rows at a time side by side: word embeddings are the largest tensor.</summary>
    private void ReadHalves(string name, Memory<Half> values, int rows, int columns)
    {
        const int RowsAtATime = 512;
        CheckpointTensor tensor = checkpoint.Get(name, rows, columns);
        OrderedParallel.For((rows + RowsAtATime - 1) / RowsAtATime, chunk =>
        {
            int first = chunk * RowsAtATime * columns, count = Math.Min(RowsAtATime * columns, values.Length - first);
            float[] singles = ArrayPool<float>.Shared.Rent(count);
            tensor.CopyTo(first, singles.AsSpan(0, count));
            ToHalves(name, first, singles.AsSpan(0, count), values.Span.Slice(first, count));
            ArrayPool<float>.Shared.Return(singles);
        });
    }

    /// <summary>Rounds to FP16, ties to even, and refuses what is not finite and what FP16 cannot hold.</summary>
    private void ToHalves(string name, int first, ReadOnlySpan<float> values, Span<Half> halves)
    {
        if (!values.IsEmpty && !Half.IsFinite((Half)TensorPrimitives.MaxMagnitude(values)))
        {
            int at = 0;
            while (Half.IsFinite((Half)values[at]))
                at++;
            string expected = float.IsFinite(values[at]) ? "values that FP16 can hold, up to 65504" : "finite values";
            throw new TensorMismatchException(
                TensorMismatch.Value, checkpoint.Folder, name, expected, FormattableString.Invariant($"{values[at]} at element {first + at}"));
        }

        TensorPrimitives.ConvertToHalf(values, halves);
    }
}
