using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Cpu;

/// <summary>Checks a packed batch against a model.</summary>
internal static class EncoderInput
{
    /// <summary>Checks ids, lengths and token types.</summary>
    /// <param name="model">The encoder.</param>
    /// <param name="maxSequence">Longest sequence.</param>
    /// <param name="ids">[tokens] of all sequences.</param>
    /// <param name="lengths">[sequences].</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <exception cref="EncoderInputException">The first thing that is wrong.</exception>
    public static void Check(
        EncoderModel model, int maxSequence, ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, ReadOnlySpan<int> tokenTypes)
    {
        if (lengths.IsEmpty)
            throw new EncoderInputException(nameof(lengths), "lengths", "at least one sequence", "none");
        long sum = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            if (lengths[i] < 1 || lengths[i] > maxSequence)
                throw new EncoderInputException(nameof(lengths), $"lengths[{i}]", $"1 to {maxSequence} tokens", $"{lengths[i]}");
            sum += lengths[i];
        }

        if (sum != ids.Length)
            throw new EncoderInputException(nameof(ids), "ids", $"{sum} ids, the sum of lengths", $"{ids.Length}");
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)model.VocabularySize)
                throw new EncoderInputException(nameof(ids), $"ids[{i}]", $"0 to {model.VocabularySize - 1}", $"{ids[i]}");
        }

        if (tokenTypes.IsEmpty)
            return;
        if (tokenTypes.Length != ids.Length)
            throw new EncoderInputException(nameof(tokenTypes), "tokenTypes", $"{ids.Length} types, or none", $"{tokenTypes.Length}");
        int types = Math.Max(model.TokenTypes, 1);
        for (int i = 0; i < tokenTypes.Length; i++)
        {
            if ((uint)tokenTypes[i] >= (uint)types)
                throw new EncoderInputException(nameof(tokenTypes), $"tokenTypes[{i}]", $"0 to {types - 1}", $"{tokenTypes[i]}");
        }
    }

    /// <summary>Checks the room for a result.</summary>
    /// <exception cref="EncoderInputException">Too little room.</exception>
    public static void CheckRoom(string argument, int found, long expected)
    {
        if (found < expected)
            throw new EncoderInputException(argument, argument, $"room for {expected} values", $"{found}");
    }
}
