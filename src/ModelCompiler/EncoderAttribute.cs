namespace ModelCompiler;

/// <summary>
/// Declares that a partial class is an encoder. Dimensions come from a Hugging Face <c>config.json</c> listed as an
/// AdditionalFile, or are spelled out here; where both are given they must agree.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class EncoderAttribute : Attribute
{
    /// <summary>Takes the dimensions from a configuration file.</summary>
    /// <param name="configPath">Path of an AdditionalFile, relative to the project, such as <c>model/config.json</c>.</param>
    public EncoderAttribute(string configPath) => ConfigPath = configPath;

    /// <summary>Takes the dimensions from this attribute's properties.</summary>
    public EncoderAttribute()
    {
    }

    /// <summary>Path of the configuration file, or null.</summary>
    public string? ConfigPath { get; }

    /// <summary>Architecture.</summary>
    public EncoderFamily Family { get; set; }

    /// <summary>What follows the last layer.</summary>
    public EncoderHead Head { get; set; }

    /// <summary>Hidden size H.</summary>
    public int HiddenSize { get; set; }

    /// <summary>Number of layers.</summary>
    public int Layers { get; set; }

    /// <summary>Number of attention heads; must divide the hidden size.</summary>
    public int AttentionHeads { get; set; }

    /// <summary>Size I between the two MLP layers.</summary>
    public int IntermediateSize { get; set; }

    /// <summary>Rows of the word embedding table.</summary>
    public int VocabularySize { get; set; }

    /// <summary>Rows of the position embedding table.</summary>
    public int MaxPositions { get; set; }

    /// <summary>Rows of the token type table; 0 for a model without one.</summary>
    public int TokenTypes { get; set; } = -1;

    /// <summary>Id of the padding token; RoBERTa's positions start behind it.</summary>
    public int PadTokenId { get; set; } = -1;

    /// <summary>Epsilon added to the variance in layer normalisation.</summary>
    public double LayerNormEpsilon { get; set; }

    /// <summary>Function between the two MLP layers.</summary>
    public ActivationFunction Activation { get; set; }

    /// <summary>Number of labels of a classifier.</summary>
    public int Labels { get; set; }

    /// <summary>Divide each embedding by its Euclidean length; embeddings only.</summary>
    public bool NormalizeEmbedding { get; set; }
}
