namespace ModelCompiler.Training.Data;

/// <summary>A text, or a pair of texts, and its label.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text of a pair; null for single texts.</param>
/// <param name="Label">Index of the label.</param>
public readonly record struct TextExample(string Text, string? Pair, int Label);
