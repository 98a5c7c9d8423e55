namespace ModelCompiler.Core.Spec.Configuration;

/// <summary>The keys that families spell differently. The rest are common to all.</summary>
internal sealed record ConfigKeys(string HiddenSize, string Layers, string AttentionHeads, string IntermediateSize, string Activation)
{
    private static readonly ConfigKeys s_bert =
        new("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act");

    private static readonly ConfigKeys s_distilBert = new("dim", "n_layers", "n_heads", "hidden_dim", "activation");

    /// <summary>Keys of a family.</summary>
    public static ConfigKeys Of(EncoderFamily family) => family == EncoderFamily.DistilBert ? s_distilBert : s_bert;
}
