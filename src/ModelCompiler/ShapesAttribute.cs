namespace ModelCompiler;

/// <summary>Declares the batch sizes that get kernels, buffers and a captured graph of their own.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ShapesAttribute : Attribute
{
    /// <summary>
    /// Token buckets, rising. A batch runs in the smallest bucket that holds the sum of its sequence lengths; sequences
    /// are packed, so no bucket is filled with padding.
    /// </summary>
    public int[] Tokens { get; set; } = [];

    /// <summary>Longest sequence in tokens; 0 for the longest that the model has positions for.</summary>
    public int MaxSequence { get; set; }
}
