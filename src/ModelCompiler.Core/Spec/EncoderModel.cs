namespace ModelCompiler.Core.Spec;

/// <summary>
/// A validated encoder: every dimension known and consistent. Immutable and equal by value, so that every later stage
/// can be cached on it.
/// </summary>
public sealed record EncoderModel
{
    /// <summary>Architecture; never <see cref="EncoderFamily.FromConfig"/>.</summary>
    public required EncoderFamily Family { get; init; }

    /// <summary>What follows the last layer; never <see cref="EncoderHead.FromConfig"/>.</summary>
    public required EncoderHead Head { get; init; }

    /// <summary>Hidden size H.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads; divides <see cref="HiddenSize"/>.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>Size I between the two MLP layers.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the word embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Rows of the position embedding table.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Rows of the token type table; 0 for a model without one.</summary>
    public required int TokenTypes { get; init; }

    /// <summary>Id of the padding token.</summary>
    public required int PadTokenId { get; init; }

    /// <summary>Epsilon added to the variance in layer normalisation.</summary>
    public required double LayerNormEpsilon { get; init; }

    /// <summary>Function between the two MLP layers.</summary>
    public required ActivationFunction Activation { get; init; }

    /// <summary>Labels of a classifier; 0 for other heads.</summary>
    public int Labels { get; init; }

    /// <summary>Label names by id, from <c>id2label</c>; empty where unknown.</summary>
    public EquatableArray<string> LabelNames { get; init; }

    /// <summary>Embeddings are divided by their Euclidean length.</summary>
    public bool NormalizeEmbedding { get; init; }

    /// <summary>Width of one attention head.</summary>
    public int HeadSize => HiddenSize / AttentionHeads;

    /// <summary>Position table row of a sequence's first token: RoBERTa starts behind the padding id.</summary>
    public int PositionOffset => Family == EncoderFamily.Roberta ? PadTokenId + 1 : 0;

    /// <summary>Longest sequence that the position table serves.</summary>
    public int MaxSequence => MaxPositions - PositionOffset;

    /// <summary>True where the output has a row per token, false where it has a row per sequence.</summary>
    public bool OutputPerToken => Head is EncoderHead.None or EncoderHead.TokenClassifier;

    /// <summary>Columns of the output.</summary>
    public int OutputColumns => Head is EncoderHead.SequenceClassifier or EncoderHead.TokenClassifier ? Labels : HiddenSize;
}
