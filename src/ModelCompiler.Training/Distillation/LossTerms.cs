namespace ModelCompiler.Training.Distillation;

/// <summary>Losses of one part of a batch, each a scalar; null where its weight is 0.</summary>
/// <param name="Total">The weighted sum, which gradients start from.</param>
/// <param name="Task">Cross entropy with the labels.</param>
/// <param name="Logits">T² · KL of the labels' probabilities.</param>
/// <param name="Hidden">Mean squared difference of hidden states.</param>
/// <param name="AttentionScores">Mean squared difference of attention scores.</param>
/// <param name="Attention">KL of attention probabilities.</param>
public sealed record LossTerms(
    Tensor Total, Tensor? Task, Tensor? Logits, Tensor? Hidden, Tensor? AttentionScores, Tensor? Attention);
