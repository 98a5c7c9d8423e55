namespace ModelCompiler;

/// <summary>What follows the last encoder layer.</summary>
public enum EncoderHead
{
    /// <summary>Not stated: taken from <c>architectures</c> of the configuration file.</summary>
    FromConfig = 0,

    /// <summary>Nothing: the output is the last hidden state, [tokens, H].</summary>
    None,

    /// <summary>BERT's pooler, tanh(W · first token + b): [sequences, H].</summary>
    Pooler,

    /// <summary>The family's sequence classification head: logits [sequences, labels].</summary>
    SequenceClassifier,

    /// <summary>A linear classifier on every token: logits [tokens, labels].</summary>
    TokenClassifier,

    /// <summary>Mean of the token states of each sequence: [sequences, H].</summary>
    MeanEmbedding,

    /// <summary>State of the first token of each sequence: [sequences, H].</summary>
    ClsEmbedding,
}
