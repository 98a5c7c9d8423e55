using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>The encoders of the suite. Few layers: a code that falls to another side is carried on by every layer behind it.</summary>
internal static class ConformanceModels
{
    /// <summary>64 hidden, 4 heads of 16, 2 layers.</summary>
    public static EncoderModel Small { get; } = Bert(64, 2, 4, 128);

    /// <summary>As <see cref="Small"/> with 2 heads of 32.</summary>
    public static EncoderModel SmallHeads32 { get; } = Bert(64, 2, 2, 128);

    /// <summary>128 hidden, 2 heads of 64.</summary>
    public static EncoderModel SmallHeads64 { get; } = Bert(128, 2, 2, 256);

    /// <summary>256 hidden, 2 heads of 128.</summary>
    public static EncoderModel Heads128 { get; } = Bert(256, 1, 2, 512);

    /// <summary>Sizes that no tile divides: 96 hidden, 3 heads of 32, 160 between the MLP's layers.</summary>
    public static EncoderModel Ragged { get; } = Bert(96, 2, 3, 160) with { Labels = 7 };

    /// <summary>The dimensions of the sample: 256 hidden, 4 heads of 64, 1024.</summary>
    public static EncoderModel Sample { get; } = Bert(256, 2, 4, 1024) with { Labels = 45 };

    /// <summary>Rows wider than a tile: a cluster or a second kernel finishes them. 384 hidden, 6 heads of 64.</summary>
    public static EncoderModel Wide { get; } = Bert(384, 1, 6, 1536);

    /// <summary>More heads than one attention block takes: 24 of 16.</summary>
    public static EncoderModel ManyHeads { get; } = Bert(384, 1, 24, 768);

    /// <summary>One layer of BERT-base.</summary>
    public static EncoderModel Base { get; } = Bert(768, 1, 12, 3072);

    /// <summary>As <see cref="Small"/> with positions for 512 tokens.</summary>
    public static EncoderModel Long { get; } = Small with { MaxPositions = 512 };

    /// <summary>The same dimensions in another family.</summary>
    public static EncoderModel As(this EncoderModel model, EncoderFamily family) => family switch
    {
        EncoderFamily.Roberta => model with { Family = family, TokenTypes = 1, PadTokenId = 1, MaxPositions = model.MaxPositions + 2 },
        EncoderFamily.DistilBert => model with { Family = family, TokenTypes = 0 },
        _ => model with { Family = family },
    };

    /// <summary>The same encoder with another head.</summary>
    public static EncoderModel With(this EncoderModel model, EncoderHead head, bool normalize = false) => model with
    {
        Head = head,
        NormalizeEmbedding = normalize,
        Labels = head is EncoderHead.SequenceClassifier or EncoderHead.TokenClassifier ? Math.Max(model.Labels, 5) : 0,
    };

    private static EncoderModel Bert(int hidden, int layers, int heads, int intermediate) => new()
    {
        Family = EncoderFamily.Bert,
        Head = EncoderHead.SequenceClassifier,
        HiddenSize = hidden,
        Layers = layers,
        AttentionHeads = heads,
        IntermediateSize = intermediate,
        VocabularySize = 211,
        MaxPositions = 128,
        TokenTypes = 2,
        PadTokenId = 0,
        LayerNormEpsilon = 1e-12,
        Activation = ActivationFunction.Gelu,
        Labels = 5,
    };
}
