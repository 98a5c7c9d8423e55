namespace ModelCompiler.Training.Modules;

/// <summary>Probabilities of dropout in one forward pass.</summary>
/// <param name="HiddenProbability">Behind embeddings and linear parts.</param>
/// <param name="AttentionProbability">On attention probabilities.</param>
public readonly record struct Dropout(double HiddenProbability, double AttentionProbability)
{
    /// <summary>No dropout: evaluation, and teachers.</summary>
    public static Dropout None => default;

    /// <summary>Drops hidden values.</summary>
    public Tensor Hidden(Tensor values) => Drop(values, HiddenProbability);

    /// <summary>Drops attention probabilities.</summary>
    public Tensor Attention(Tensor values) => Drop(values, AttentionProbability);

    private static Tensor Drop(Tensor values, double probability) =>
        probability > 0 ? torch.nn.functional.dropout(values, probability, training: true) : values;
}
