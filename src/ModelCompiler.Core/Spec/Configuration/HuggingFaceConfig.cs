namespace ModelCompiler.Core.Spec.Configuration;

/// <summary>
/// What the compiler reads from a Hugging Face <c>config.json</c>: the dimensions of an encoder, in the compiler's own
/// words. Values are as in the file, not yet checked for sense; <c>SpecValidator</c> does that.
/// </summary>
public sealed record HuggingFaceConfig
{
    /// <summary><c>model_type</c>: <c>bert</c>, <c>roberta</c>, <c>xlm-roberta</c> or <c>distilbert</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Architecture family of <see cref="ModelType"/>.</summary>
    public required EncoderFamily Family { get; init; }

    /// <summary>First entry of <c>architectures</c>, such as <c>BertForSequenceClassification</c>; null where absent.</summary>
    public string? Architecture { get; init; }

    /// <summary>The head that <see cref="Architecture"/> names; <see cref="EncoderHead.FromConfig"/> where it names none that is supported.</summary>
    public EncoderHead Head { get; init; }

    /// <summary>Hidden size H.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>Size I between the two MLP layers.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Rows of the word embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Rows of the position embedding table.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Rows of the token type table; 0 for DistilBERT, which has none.</summary>
    public required int TokenTypes { get; init; }

    /// <summary>Id of the padding token.</summary>
    public required int PadTokenId { get; init; }

    /// <summary>Epsilon added to the variance in layer normalisation.</summary>
    public required double LayerNormEpsilon { get; init; }

    /// <summary>Function between the two MLP layers.</summary>
    public required ActivationFunction Activation { get; init; }

    /// <summary>Element type of the checkpoint, <c>dtype</c> or <c>torch_dtype</c>, such as <c>float16</c>; null where absent.</summary>
    public string? DataType { get; init; }

    /// <summary>
    /// Label names in the order of their ids. From <c>id2label</c>; where that is absent, <c>LABEL_0</c> and so on for
    /// <c>num_labels</c>, or for the library's default of two where <see cref="Architecture"/> is a classifier; otherwise empty.
    /// </summary>
    public EquatableArray<string> LabelNames { get; init; }

    /// <summary>Parses the text of a <c>config.json</c>. Never throws on bad text: what is wrong comes back as data.</summary>
    /// <param name="json">The whole file.</param>
    public static HuggingFaceConfigResult Parse(string json) => HuggingFaceConfigParser.Parse(json);

    /// <summary>
    /// Where this configuration and a model disagree. A model's head may differ from the file's, as an embedding can be
    /// taken from a checkpoint with any head; labels are compared where the model is a classifier.
    /// </summary>
    /// <param name="model">The model that a class was generated for.</param>
    /// <returns>One entry per key that differs; empty where the model can run the checkpoint.</returns>
    public EquatableArray<ConfigDisagreement> DisagreementsWith(EncoderModel model)
    {
        ConfigKeys keys = ConfigKeys.Of(Family);
        var found = new List<ConfigDisagreement>();
        void Compare<T>(string key, T config, T declared)
        {
            if (!EqualityComparer<T>.Default.Equals(config, declared))
                found.Add(new(key, Invariant.Text(config), Invariant.Text(declared)));
        }

        Compare("model_type", Family, model.Family);
        Compare(keys.HiddenSize, HiddenSize, model.HiddenSize);
        Compare(keys.Layers, Layers, model.Layers);
        Compare(keys.AttentionHeads, AttentionHeads, model.AttentionHeads);
        Compare(keys.IntermediateSize, IntermediateSize, model.IntermediateSize);
        Compare("vocab_size", VocabularySize, model.VocabularySize);
        Compare("max_position_embeddings", MaxPositions, model.MaxPositions);
        Compare("type_vocab_size", TokenTypes, model.TokenTypes);
        Compare("pad_token_id", PadTokenId, model.PadTokenId);
        Compare("layer_norm_eps", LayerNormEpsilon, model.LayerNormEpsilon);
        Compare(keys.Activation, Activation, model.Activation);
        if (model.Labels > 0 && LabelNames.Count > 0)
            Compare("id2label", LabelNames.Count, model.Labels);
        return found.ToEquatableArray();
    }
}

/// <summary>A key whose value in the file is not that of the model.</summary>
/// <param name="Key">Key of <c>config.json</c>.</param>
/// <param name="InConfig">Value in the file.</param>
/// <param name="InModel">Value in the model.</param>
public sealed record ConfigDisagreement(string Key, string InConfig, string InModel)
{
    /// <inheritdoc/>
    public override string ToString() => $"'{Key}' is {InConfig} in the configuration file and {InModel} in the class";
}
