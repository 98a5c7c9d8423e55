using ModelCompiler.Core.Spec;

namespace ModelCompiler.Training.Modules;

/// <summary>What a layer computed beside its result.</summary>
/// <param name="Hidden">[B, L, H].</param>
/// <param name="Scores">q · k / √d in front of mask and softmax, [B, heads, L, L]; null where not asked for.</param>
/// <param name="Probabilities">Their softmax, [B, heads, L, L]; null where not asked for.</param>
public readonly record struct LayerOutput(Tensor Hidden, Tensor? Scores, Tensor? Probabilities);

/// <summary>Self-attention and MLP, each followed by residual add and layer norm (Vaswani et al., 2017; Devlin et al., 2019).</summary>
public sealed class EncoderLayer(
    EncoderModel model,
    QuantizedLinear qkv,
    QuantizedLinear attentionOutput,
    NormParameters attentionNorm,
    QuantizedLinear mlpIntermediate,
    QuantizedLinear mlpOutput,
    NormParameters mlpNorm) : IDisposable
{
    /// <summary>Query, key and value projections stacked, [3H, H].</summary>
    public QuantizedLinear Qkv { get; } = qkv;

    /// <summary>Attention output projection, [H, H].</summary>
    public QuantizedLinear AttentionOutput { get; } = attentionOutput;

    /// <summary>Layer norm behind attention.</summary>
    public NormParameters AttentionNorm { get; } = attentionNorm;

    /// <summary>First MLP layer, [I, H].</summary>
    public QuantizedLinear MlpIntermediate { get; } = mlpIntermediate;

    /// <summary>Second MLP layer, [H, I].</summary>
    public QuantizedLinear MlpOutput { get; } = mlpOutput;

    /// <summary>Layer norm behind the MLP.</summary>
    public NormParameters MlpNorm { get; } = mlpNorm;

    /// <summary>The four linear parts in the order in which the layer runs them.</summary>
    public IReadOnlyList<QuantizedLinear> Linears => [Qkv, AttentionOutput, MlpIntermediate, MlpOutput];

    /// <summary>All parameters in a fixed order.</summary>
    public IEnumerable<ModelParameter> Parameters =>
    [
        .. Qkv.Parameters, .. AttentionOutput.Parameters, AttentionNorm.Weight, AttentionNorm.Bias,
        .. MlpIntermediate.Parameters, .. MlpOutput.Parameters, MlpNorm.Weight, MlpNorm.Bias,
    ];

    /// <summary>Runs the layer. What gradients need stays with libtorch; all else that it computed is freed when it returns.</summary>
    /// <param name="hidden">[B, L, H].</param>
    /// <param name="mask">Added to scores: 0 at tokens, -∞ at padding, [B, 1, 1, L].</param>
    /// <param name="dropout">Probabilities of dropout; none where the model is not training.</param>
    /// <param name="withAttention">True to hand scores and probabilities back.</param>
    public LayerOutput Forward(Tensor hidden, Tensor mask, Dropout dropout, bool withAttention)
    {
        using var scope = torch.NewDisposeScope();
        Tensor? scores = null, probabilities = null;
        Tensor context = ExecutorArithmetic.IsOn && !withAttention
            ? AttendAsExecutors(hidden, mask)
            : Attend(hidden, mask, dropout, out scores, out probabilities);
        Tensor attended = AttentionNorm.Forward(dropout.Hidden(AttentionOutput.Forward(context)).add(HalfStorage.Round(hidden)));
        Tensor inner = Activations.Apply(MlpIntermediate.Forward(attended), model.Activation);
        Tensor result = MlpNorm.Forward(dropout.Hidden(MlpOutput.Forward(inner)).add(HalfStorage.Round(attended)));
        result.MoveToOuterDisposeScope();
        return withAttention
            ? new(result, scores!.MoveToOuterDisposeScope(), probabilities!.MoveToOuterDisposeScope())
            : new(result, null, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (QuantizedLinear linear in Linears)
            linear.Dispose();
        AttentionNorm.Dispose();
        MlpNorm.Dispose();
    }

    private Tensor Attend(Tensor hidden, Tensor mask, Dropout dropout, out Tensor scores, out Tensor probabilities)
    {
        Tensor stacked = QueriesKeysValues(hidden);
        Tensor query = stacked.select(0, 0), key = stacked.select(0, 1), value = stacked.select(0, 2);
        scores = MatrixProducts.Product(query, key.transpose(-2, -1)).mul(ScoreScale);
        probabilities = HalfStorage.Softmax(scores.add(mask));
        return JoinHeads(MatrixProducts.Product(dropout.Attention(probabilities), value));
    }

    private Tensor AttendAsExecutors(Tensor hidden, Tensor mask)
    {
        Tensor stacked = QueriesKeysValues(hidden);
        return JoinHeads(ExecutorArithmetic.Attention(stacked.select(0, 0), stacked.select(0, 1), stacked.select(0, 2), mask, ScoreScale));
    }

    private float ScoreScale => 1f / MathF.Sqrt(model.HeadSize);

    /// <summary>[B, L, 3H] is three blocks of heads; each becomes [B, heads, L, d], so all are [3, B, heads, L, d].</summary>
    private Tensor QueriesKeysValues(Tensor hidden) => HalfStorage.Round(Qkv.Forward(hidden))
        .view(hidden.shape[0], hidden.shape[1], 3, model.AttentionHeads, model.HeadSize).permute(2, 0, 3, 1, 4);

    private static Tensor JoinHeads(Tensor context) =>
        context.transpose(1, 2).reshape(context.shape[0], context.shape[2], context.shape[1] * context.shape[3]);
}
