using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime;

/// <summary>The rules that a batch keeps, checked before anything runs. Allocates nothing unless a rule is broken.</summary>
internal static class BatchRules
{
    /// <summary>What a model asks of a batch, whatever runs it.</summary>
    /// <param name="model">The encoder.</param>
    /// <param name="maxSequence">Longest sequence in tokens.</param>
    /// <param name="tokenIds">[tokens] of all sequences.</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="output">Values that the output has room for.</param>
    /// <param name="hiddenState">Values that the hidden state has room for; null where it is not asked for.</param>
    /// <exception cref="InvalidBatchException">Names the first argument that breaks a rule.</exception>
    public static void Require(
        EncoderModel model, int maxSequence, ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes,
        int output, int? hiddenState)
    {
        if (sequenceLengths.IsEmpty)
            throw new InvalidBatchException("sequenceLengths", "at least one sequence", "none");
        long tokens = 0;
        for (int i = 0; i < sequenceLengths.Length; i++)
        {
            if (sequenceLengths[i] < 1 || sequenceLengths[i] > maxSequence)
                throw new InvalidBatchException($"sequenceLengths[{i}]", $"1 to {maxSequence} tokens", $"{sequenceLengths[i]}");
            tokens += sequenceLengths[i];
        }

        if (tokens != tokenIds.Length)
            throw new InvalidBatchException("tokenIds", $"{tokens} ids, the sum of sequenceLengths", $"{tokenIds.Length}");
        RequireBelow("tokenIds", tokenIds, model.VocabularySize);
        if (!tokenTypes.IsEmpty)
        {
            if (tokenTypes.Length != tokenIds.Length)
                throw new InvalidBatchException("tokenTypes", $"{tokenIds.Length} types, one per token, or none", $"{tokenTypes.Length}");
            // A model without a table of types has one type.
            RequireBelow("tokenTypes", tokenTypes, Math.Max(model.TokenTypes, 1));
        }

        int rows = model.OutputPerToken ? tokenIds.Length : sequenceLengths.Length;
        RequireLength("output", output, rows, model.OutputColumns);
        if (hiddenState is { } found)
            RequireLength("hiddenState", found, tokenIds.Length, model.HiddenSize);
    }

    /// <summary>What a class with buckets asks beyond its model.</summary>
    /// <exception cref="BatchTooLargeException">More tokens than the largest bucket.</exception>
    public static void RequireBucket(ShapeSet shapes, int tokens)
    {
        if (tokens > shapes.MaxTokens)
            throw new BatchTooLargeException(tokens, shapes.MaxTokens);
    }

    private static void RequireBelow(string argument, ReadOnlySpan<int> values, int limit)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)limit)
                throw new InvalidBatchException($"{argument}[{i}]", $"0 to {limit - 1}", $"{values[i]}");
        }
    }

    private static void RequireLength(string argument, int found, int rows, int columns)
    {
        if (found != (long)rows * columns)
            throw new InvalidBatchException(argument, $"{(long)rows * columns} values, [{rows}, {columns}]", $"{found}");
    }
}
