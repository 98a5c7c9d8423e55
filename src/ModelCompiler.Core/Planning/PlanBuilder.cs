using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>Collects ops and buffers while <see cref="Planner"/> walks the model, and closes buffer lifetimes at the end.</summary>
internal sealed class PlanBuilder(EncoderModel model, QuantizationScheme scheme)
{
    private readonly List<PlanOp> _ops = [];
    private readonly List<PlanBuffer> _buffers = [];

    private int Hidden => model.HiddenSize;

    /// <summary>Embeddings and their layer norm. Returns the residual buffer and the buffer that the first layer reads.</summary>
    public (int Residual, int Input) Embedding()
    {
        PlanWeight? consumer = model.Layers > 0 ? new PlanWeight(WeightRole.Qkv, 0) : null;
        (EquatableArray<EpilogueStep> steps, int residual, int input) =
            Normalized("embedding", [], new PlanWeight(WeightRole.EmbeddingNorm), scheme.Qkv, consumer);
        Add(new EmbeddingOp("embedding", model.PositionOffset, model.TokenTypes > 0, steps));
        return (residual, input);
    }

    /// <summary>One layer. Takes and returns the residual buffer and the buffer that the QKV projection reads.</summary>
    public (int Residual, int Input) Layer(int layer, int residual, int input)
    {
        string name = $"layer{layer}";
        int hidden = Hidden, intermediate = model.IntermediateSize;
        PlanWeight Weight(WeightRole role) => new(role, layer);

        int qkv = Buffer($"{name}.qkv", BufferElement.Float16, 3 * hidden);
        Linear($"{name}.qkv", EncoderPart.Qkv, Weight(WeightRole.Qkv), input, 3 * hidden, hidden,
            [new BiasStep(Weight(WeightRole.Qkv)), new StoreStep(qkv)]);

        (EpilogueStep storeContext, int context) =
            Handover($"{name}.context", hidden, scheme.AttentionOutput, Weight(WeightRole.AttentionOutput));
        Add(new AttentionOp($"{name}.attention", qkv, model.AttentionHeads, model.HeadSize, new(storeContext)));

        (EquatableArray<EpilogueStep> steps, int attended, int attendedInput) = Normalized(
            $"{name}.attended",
            [new BiasStep(Weight(WeightRole.AttentionOutput)), new ResidualStep(residual)],
            Weight(WeightRole.AttentionNorm), scheme.MlpIntermediate, Weight(WeightRole.MlpIntermediate));
        Linear($"{name}.attention_output", EncoderPart.AttentionOutput, Weight(WeightRole.AttentionOutput),
            context, hidden, hidden, steps);

        (EpilogueStep storeMlp, int mlp) = Handover($"{name}.mlp", intermediate, scheme.MlpOutput, Weight(WeightRole.MlpOutput));
        Linear($"{name}.mlp_intermediate", EncoderPart.MlpIntermediate, Weight(WeightRole.MlpIntermediate),
            attendedInput, intermediate, hidden,
            [new BiasStep(Weight(WeightRole.MlpIntermediate)), new ActivationStep(model.Activation), storeMlp]);

        PlanWeight? next = layer + 1 < model.Layers ? new PlanWeight(WeightRole.Qkv, layer + 1) : null;
        (steps, int output, int outputInput) = Normalized(
            $"{name}.output",
            [new BiasStep(Weight(WeightRole.MlpOutput)), new ResidualStep(attended)],
            Weight(WeightRole.MlpNorm), scheme.Qkv, next);
        Linear($"{name}.mlp_output", EncoderPart.MlpOutput, Weight(WeightRole.MlpOutput), mlp, hidden, intermediate, steps);
        return (output, outputInput);
    }

    /// <summary>The head. Returns the output buffer.</summary>
    public int Head(int hidden) => model.Head switch
    {
        EncoderHead.None => hidden,
        EncoderHead.Pooler => Dense("pooler", WeightRole.HeadDense, Pool(hidden, PoolKind.First, BufferElement.Float16),
            RowDomain.Sequences, Hidden, ActivationFunction.Tanh, BufferElement.Float32),
        EncoderHead.SequenceClassifier => SequenceClassifier(hidden),
        EncoderHead.TokenClassifier => Classifier(hidden, RowDomain.Tokens),
        EncoderHead.MeanEmbedding => Pool(hidden, PoolKind.Mean, BufferElement.Float32),
        EncoderHead.ClsEmbedding => Pool(hidden, PoolKind.First, BufferElement.Float32),
        _ => throw new ArgumentOutOfRangeException(nameof(model), model.Head, "The head must be resolved before planning."),
    };

    /// <summary>Closes the plan.</summary>
    public ExecutionPlan Finish(int hidden, int output)
    {
        int last = _ops.Count - 1;
        _buffers[hidden] = _buffers[hidden] with { LastOp = last };
        _buffers[output] = _buffers[output] with { LastOp = last };
        return new(model, scheme, _ops.ToEquatableArray(), _buffers.ToEquatableArray(), hidden, output);
    }

    /// <summary>Pooled first token, dense layer, classifier. DistilBERT's dense layer ends in ReLU, the others' in tanh.</summary>
    private int SequenceClassifier(int hidden)
    {
        ActivationFunction function = model.Family == EncoderFamily.DistilBert ? ActivationFunction.Relu : ActivationFunction.Tanh;
        int first = Pool(hidden, PoolKind.First, BufferElement.Float16);
        int dense = Dense("head.dense", WeightRole.HeadDense, first, RowDomain.Sequences, Hidden, function, BufferElement.Float16);
        return Classifier(dense, RowDomain.Sequences);
    }

    private int Classifier(int input, RowDomain rows) =>
        Dense("classifier", WeightRole.Classifier, input, rows, model.Labels, null, BufferElement.Float32);

    private int Pool(int hidden, PoolKind kind, BufferElement element)
    {
        int pooled = Buffer("pooled", element, Hidden, RowDomain.Sequences);
        bool isEmbedding = model.Head is EncoderHead.MeanEmbedding or EncoderHead.ClsEmbedding;
        Add(new PoolOp("pool", hidden, kind, isEmbedding && model.NormalizeEmbedding, Hidden, new(new StoreStep(pooled))));
        return pooled;
    }

    private int Dense(
        string name, WeightRole role, int input, RowDomain rows, int n, ActivationFunction? function, BufferElement element)
    {
        var weight = new PlanWeight(role);
        int output = Buffer(name, element, n, rows);
        List<EpilogueStep> steps = [new BiasStep(weight)];
        if (function is { } f)
            steps.Add(new ActivationStep(f));
        steps.Add(new StoreStep(output));
        Add(new DenseOp(name, weight, input, rows, n, Hidden, steps.ToEquatableArray()));
        return output;
    }

    private void Linear(
        string name, EncoderPart part, PlanWeight weight, int input, int n, int k, IEnumerable<EpilogueStep> steps)
    {
        Add(new LinearOp(name, part, weight, input, n, k, scheme[part], steps.ToEquatableArray()));
    }

    /// <summary>
    /// Layer norm, the FP16 store that the next residual reads, and the hand-over to the next linear part: quantized
    /// codes, or the FP16 store itself.
    /// </summary>
    private (EquatableArray<EpilogueStep> Steps, int Residual, int Input) Normalized(
        string name, EpilogueStep[] before, PlanWeight norm, LinearPrecision next, PlanWeight? consumer)
    {
        int stored = Buffer(name, BufferElement.Float16, Hidden);
        List<EpilogueStep> steps = [.. before, new LayerNormStep(norm, model.LayerNormEpsilon), new StoreStep(stored)];
        int input = stored;
        if (consumer is { } weight && next.Activations.IsQuantized)
        {
            (EpilogueStep quantize, input) = Handover(name + ".codes", Hidden, next, weight);
            steps.Add(quantize);
        }

        return (steps.ToEquatableArray(), stored, input);
    }

    /// <summary>How a value reaches the one linear part that reads it: as codes, or as FP16.</summary>
    private (EpilogueStep Step, int Buffer) Handover(string name, int columns, LinearPrecision next, PlanWeight consumer)
    {
        if (!next.Activations.IsQuantized)
        {
            int stored = Buffer(name, BufferElement.Float16, columns);
            return (new StoreStep(stored), stored);
        }

        int codes = Buffer(name, BufferElement.Codes, columns, format: next.Activations);
        return (new QuantizeStep(codes, next.Activations, consumer), codes);
    }

    private int Buffer(
        string name, BufferElement element, int columns, RowDomain rows = RowDomain.Tokens, ActivationFormat? format = null)
    {
        int id = _buffers.Count;
        _buffers.Add(new(id, name, element, format ?? ActivationFormat.Float16, rows, columns, int.MaxValue, -1));
        return id;
    }

    /// <summary>Marks a buffer as read by the op that is added next.</summary>
    private void Read(int buffer) => _buffers[buffer] = _buffers[buffer] with { LastOp = _ops.Count };

    private void Add(PlanOp op)
    {
        int index = _ops.Count;
        foreach (EpilogueStep step in op.Epilogue)
        {
            switch (step)
            {
                case ResidualStep residual:
                    Read(residual.Buffer);
                    break;
                case StoreStep store:
                    Write(store.Buffer, index);
                    break;
                case QuantizeStep quantize:
                    Write(quantize.Buffer, index);
                    break;
            }
        }

        if (op.Input is { } input)
            Read(input);
        _ops.Add(op);
    }

    private void Write(int buffer, int op) =>
        _buffers[buffer] = _buffers[buffer] with { FirstOp = op, LastOp = Math.Max(_buffers[buffer].LastOp, op) };
}
