namespace ModelCompiler.Core.Spec;

/// <summary>The batch shapes that a generated class serves.</summary>
/// <param name="TokenBuckets">Rising token counts; a batch runs in the smallest bucket that holds it.</param>
/// <param name="MaxSequence">Longest sequence in tokens.</param>
public sealed record ShapeSet(EquatableArray<int> TokenBuckets, int MaxSequence)
{
    /// <summary>The most tokens of one batch.</summary>
    public int MaxTokens => TokenBuckets[TokenBuckets.Count - 1];

    /// <summary>Most sequences in a bucket: every sequence has at least one token.</summary>
    public static int MaxSequences(int bucketTokens) => bucketTokens;
}
