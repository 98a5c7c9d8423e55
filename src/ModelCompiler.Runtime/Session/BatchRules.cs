using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime;

/// <summary>The rules that a batch keeps, checked before anything runs. Allocates nothing unless a rule is broken.</summary>
internal static class BatchRules
{
    /// <exception cref="InvalidBatchException">Names the first argument that breaks a rule.</exception>
    public static void Require(
        EncoderModel model, ShapeSet shapes, ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> tokenTypes, ReadOnlySpan<int> lengths, int output, int? hiddenState)
    {
        if (lengths.IsEmpty)
            throw new InvalidBatchException("sequenceLengths", "at least one sequence", "an empty batch");
        long tokens = 0;
        int longest = Math.Min(shapes.MaxSequence, model.MaxSequence);
        for (int i = 0; i < lengths.Length; i++)
        {
            if (lengths[i] < 1 || lengths[i] > longest)
                throw new InvalidBatchException($"sequenceLengths[{i}]", $"1 to {longest} tokens", $"{lengths[i]}");
            tokens += lengths[i];
        }

        if (tokens != tokenIds.Length)
            throw new InvalidBatchException("tokenIds", $"{tokens} ids, the sum of sequenceLengths", $"{tokenIds.Length}");
        if (tokens > shapes.MaxTokens)
            throw new BatchTooLargeException(tokenIds.Length, shapes.MaxTokens);
        RequireBelow("tokenIds", tokenIds, model.VocabularySize);
        if (!tokenTypes.IsEmpty)
        {
            if (tokenTypes.Length != tokenIds.Length)
                throw new InvalidBatchException("tokenTypes", $"{tokenIds.Length} types, one per token, or none", $"{tokenTypes.Length}");
            // A model without a table of types has one type.
            RequireBelow("tokenTypes", tokenTypes, Math.Max(model.TokenTypes, 1));
        }

        int rows = model.OutputPerToken ? tokenIds.Length : lengths.Length;
        RequireLength("output", output, rows, model.OutputColumns);
        if (hiddenState is { } found)
            RequireLength("hiddenState", found, tokenIds.Length, model.HiddenSize);
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
