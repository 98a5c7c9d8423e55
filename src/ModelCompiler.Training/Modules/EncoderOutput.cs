namespace ModelCompiler.Training.Modules;

/// <summary>What a forward pass hands back beside the logits.</summary>
[Flags]
public enum Intermediates
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Hidden states.</summary>
    Hidden = 1,

    /// <summary>Attention scores and probabilities.</summary>
    Attention = 2,
}

/// <summary>Result of a forward pass.</summary>
/// <param name="Logits">[B, labels].</param>
/// <param name="HiddenStates">Behind the embeddings, then behind each layer, [B, L, H]; empty where not asked for.</param>
/// <param name="AttentionScores">Of each layer in front of mask and softmax, [B, heads, L, L]; empty where not asked for.</param>
/// <param name="AttentionProbabilities">Their softmax, [B, heads, L, L]; empty where not asked for.</param>
public sealed record EncoderOutput(
    Tensor Logits,
    IReadOnlyList<Tensor> HiddenStates,
    IReadOnlyList<Tensor> AttentionScores,
    IReadOnlyList<Tensor> AttentionProbabilities);
