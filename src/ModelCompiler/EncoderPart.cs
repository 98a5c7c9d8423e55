namespace ModelCompiler;

/// <summary>The four linear parts of an encoder layer, each with a precision of its own.</summary>
[Flags]
public enum EncoderPart
{
    /// <summary>The fused query, key and value projection: [tokens, H] to [tokens, 3H].</summary>
    Qkv = 1,

    /// <summary>The projection of the attention context: [tokens, H] to [tokens, H].</summary>
    AttentionOutput = 2,

    /// <summary>The first MLP layer, with its activation function: [tokens, H] to [tokens, I].</summary>
    MlpIntermediate = 4,

    /// <summary>The second MLP layer: [tokens, I] to [tokens, H].</summary>
    MlpOutput = 8,

    /// <summary>All four parts.</summary>
    All = Qkv | AttentionOutput | MlpIntermediate | MlpOutput,
}
