using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>Where Hugging Face checkpoints keep each weight of the plan: module paths without <c>.weight</c> or <c>.bias</c>.</summary>
public static class CheckpointNames
{
    /// <summary>
    /// Prefix of the encoder's modules in a checkpoint with a head. A checkpoint of the bare encoder has none, so
    /// readers try both.
    /// </summary>
    public static string EncoderPrefix(EncoderFamily family) => family switch
    {
        EncoderFamily.Bert => "bert.",
        EncoderFamily.Roberta => "roberta.",
        EncoderFamily.DistilBert => "distilbert.",
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "The family must be resolved."),
    };

    /// <summary>True where the module belongs to the encoder and so carries its prefix; false for head modules.</summary>
    public static bool IsUnderEncoderPrefix(EncoderModel model, WeightRole role) => role switch
    {
        WeightRole.Classifier => false,
        WeightRole.HeadDense => model.Family == EncoderFamily.Bert,
        _ => true,
    };

    /// <summary>Module paths of a weight, without prefix; more than one where the plan stacks several by rows.</summary>
    public static EquatableArray<string> Modules(EncoderModel model, PlanWeight weight)
    {
        bool distil = model.Family == EncoderFamily.DistilBert;
        string layer = distil ? $"transformer.layer.{weight.Layer}." : $"encoder.layer.{weight.Layer}.";
        return weight.Role switch
        {
            WeightRole.WordEmbedding => new("embeddings.word_embeddings"),
            WeightRole.PositionEmbedding => new("embeddings.position_embeddings"),
            WeightRole.TokenTypeEmbedding => new("embeddings.token_type_embeddings"),
            WeightRole.EmbeddingNorm => new("embeddings.LayerNorm"),
            WeightRole.Qkv when distil => new(layer + "attention.q_lin", layer + "attention.k_lin", layer + "attention.v_lin"),
            WeightRole.Qkv => new(layer + "attention.self.query", layer + "attention.self.key", layer + "attention.self.value"),
            WeightRole.AttentionOutput => new(layer + (distil ? "attention.out_lin" : "attention.output.dense")),
            WeightRole.AttentionNorm => new(layer + (distil ? "sa_layer_norm" : "attention.output.LayerNorm")),
            WeightRole.MlpIntermediate => new(layer + (distil ? "ffn.lin1" : "intermediate.dense")),
            WeightRole.MlpOutput => new(layer + (distil ? "ffn.lin2" : "output.dense")),
            WeightRole.MlpNorm => new(layer + (distil ? "output_layer_norm" : "output.LayerNorm")),
            WeightRole.HeadDense => new(model.Family switch
            {
                EncoderFamily.Bert => "pooler.dense",
                EncoderFamily.Roberta => "classifier.dense",
                _ => "pre_classifier",
            }),
            WeightRole.Classifier => new(
                model is { Family: EncoderFamily.Roberta, Head: EncoderHead.SequenceClassifier } ? "classifier.out_proj" : "classifier"),
            _ => throw new ArgumentOutOfRangeException(nameof(weight), weight, "Unknown weight role."),
        };
    }
}
