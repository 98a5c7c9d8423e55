using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>A packed batch.</summary>
/// <param name="Ids">[tokens].</param>
/// <param name="Types">[tokens], or empty for a model without token types.</param>
/// <param name="Lengths">[sequences].</param>
internal sealed record ConformanceBatch(int[] Ids, int[] Types, int[] Lengths)
{
    /// <summary>Random ids and types.</summary>
    public static ConformanceBatch Random(EncoderModel model, int[] lengths, int seed)
    {
        var random = new Random(seed);
        int tokens = lengths.Sum();
        var ids = new int[tokens];
        var types = new int[model.TokenTypes == 0 ? 0 : tokens];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = random.Next(model.VocabularySize);
        for (int i = 0; i < types.Length; i++)
            types[i] = random.Next(model.TokenTypes);
        return new(ids, types, lengths);
    }

    /// <summary>The sequences at these places, in this order.</summary>
    public ConformanceBatch Select(int[] sequences)
    {
        int[] starts = Starts();
        return new(
            [.. sequences.SelectMany(s => Ids.AsSpan(starts[s], Lengths[s]).ToArray())],
            Types.Length == 0 ? [] : [.. sequences.SelectMany(s => Types.AsSpan(starts[s], Lengths[s]).ToArray())],
            [.. sequences.Select(s => Lengths[s])]);
    }

    /// <summary>The same shape, with every second sequence from this one on holding other ids.</summary>
    public ConformanceBatch WithOtherNeighbours(EncoderModel model, int first)
    {
        int[] ids = [.. Ids], starts = Starts();
        for (int s = first; s < Lengths.Length; s += 2)
        {
            for (int t = starts[s]; t < starts[s] + Lengths[s]; t++)
                ids[t] = (ids[t] + 1 + t % 7) % model.VocabularySize;
        }

        return this with { Ids = ids };
    }

    /// <summary>[sequences] first token of each.</summary>
    public int[] Starts()
    {
        var starts = new int[Lengths.Length];
        for (int s = 1; s < starts.Length; s++)
            starts[s] = starts[s - 1] + Lengths[s - 1];
        return starts;
    }
}
