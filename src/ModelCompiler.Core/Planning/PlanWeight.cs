namespace ModelCompiler.Core.Planning;

/// <summary>What a weight is for. Each has a <c>weight</c> and most a <c>bias</c> tensor in the checkpoint.</summary>
public enum WeightRole
{
    /// <summary>Word table, [vocabulary, H].</summary>
    WordEmbedding,

    /// <summary>Position table, [positions, H].</summary>
    PositionEmbedding,

    /// <summary>Token type table, [types, H].</summary>
    TokenTypeEmbedding,

    /// <summary>Layer norm behind the embeddings, [H] and [H].</summary>
    EmbeddingNorm,

    /// <summary>Query, key and value projections stacked, [3H, H] and [3H].</summary>
    Qkv,

    /// <summary>Attention output projection, [H, H] and [H].</summary>
    AttentionOutput,

    /// <summary>Layer norm behind attention, [H] and [H].</summary>
    AttentionNorm,

    /// <summary>First MLP layer, [I, H] and [I].</summary>
    MlpIntermediate,

    /// <summary>Second MLP layer, [H, I] and [H].</summary>
    MlpOutput,

    /// <summary>Layer norm behind the MLP, [H] and [H].</summary>
    MlpNorm,

    /// <summary>Dense layer of the head in front of the classifier (BERT's pooler among them), [H, H] and [H].</summary>
    HeadDense,

    /// <summary>Classifier, [labels, H] and [labels].</summary>
    Classifier,
}

/// <summary>A weight of the plan.</summary>
/// <param name="Role">What it is for.</param>
/// <param name="Layer">Layer from 0, or -1 outside the layers.</param>
public readonly record struct PlanWeight(WeightRole Role, int Layer = -1)
{
    /// <inheritdoc/>
    public override string ToString() => Layer < 0 ? $"{Role}" : $"{Role}[{Layer}]";
}
