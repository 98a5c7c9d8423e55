namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about token buckets, MC04xx.</summary>
public static class ShapeRules
{
    /// <summary>MC0401.</summary>
    public static SpecRule BucketsMissing { get; } = new("MC0401", "Token buckets are missing",
        "'{0}' declares no token buckets; write [Shapes(Tokens = [32, 128, 1024])]",
        "Each bucket gets kernels, buffers and a captured graph of its own, so the choice is the user's.");

    /// <summary>MC0402.</summary>
    public static SpecRule BucketNotPositive { get; } = new("MC0402", "Token bucket is not positive",
        "A token bucket must be greater than zero, found {0}",
        "A bucket is a number of tokens.");

    /// <summary>MC0403.</summary>
    public static SpecRule BucketsNotRising { get; } = new("MC0403", "Token buckets do not rise",
        "Token buckets must rise, but {0} follows {1}",
        "A batch runs in the first bucket that holds it.");

    /// <summary>MC0404.</summary>
    public static SpecRule BucketTooLarge { get; } = new("MC0404", "Token bucket is too large",
        "A token bucket must be at most {0}, found {1}",
        "Indices into activation buffers are 32 bits wide.");

    /// <summary>MC0405.</summary>
    public static SpecRule LargestBucketTooSmall { get; } = new("MC0405", "Largest bucket is smaller than the longest sequence",
        "The largest bucket holds {0} tokens, but a sequence may have {1}; add a bucket or set MaxSequence",
        "Sequences are never split, so the longest one must fit a bucket.");

    /// <summary>MC0406.</summary>
    public static SpecRule SequenceTooLong { get; } = new("MC0406", "Longest sequence exceeds the positions",
        "MaxSequence is {0}, but the model has positions for {1} tokens",
        "The position table has no row for the tokens behind. RoBERTa's first rows are not used.");

    /// <summary>MC0407.</summary>
    public static SpecRule SequenceNegative { get; } = new("MC0407", "Longest sequence is negative",
        "MaxSequence must be 0 or greater, found {0}",
        "0 means the longest that the model has positions for.");

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        BucketsMissing, BucketNotPositive, BucketsNotRising, BucketTooLarge, LargestBucketTooSmall, SequenceTooLong,
        SequenceNegative,
    ];
}
