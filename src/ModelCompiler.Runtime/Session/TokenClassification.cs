namespace ModelCompiler.Runtime;

/// <summary>What a token classifier says about one token.</summary>
/// <param name="Token">The token as the vocabulary spells it, continuation prefix included.</param>
/// <param name="Label">Name of the most probable label.</param>
/// <param name="Index">Its index.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Probabilities">Softmax over the logits, by label index.</param>
public sealed record TokenClassification(string Token, string Label, int Index, float Probability, float[] Probabilities);
