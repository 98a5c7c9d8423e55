namespace ModelCompiler.Runtime.Text;

/// <summary>Tokenized texts, one after the other without padding: what a packed encoder takes.</summary>
/// <param name="TokenIds"><c>[tokens]</c>: the ids of all texts in order.</param>
/// <param name="Lengths"><c>[texts]</c>: tokens of each text; they add up to the number of ids.</param>
/// <param name="TokenTypes"><c>[tokens]</c>: 0 in a text, and 1 in the second text of a pair with BERT's template.</param>
public sealed record PackedBatch(int[] TokenIds, int[] Lengths, int[] TokenTypes);
