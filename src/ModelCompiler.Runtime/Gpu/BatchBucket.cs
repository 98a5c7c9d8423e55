using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Which schedule of a target a batch runs in.</summary>
internal static class BatchBucket
{
    /// <summary>The smallest bucket with room for the batch: that of filled tiles where there is one and the batch fills tiles.</summary>
    /// <exception cref="BatchTooLargeException">No bucket has room.</exception>
    public static BucketPlan For(TargetPlan target, ReadOnlySpan<int> sequenceLengths)
    {
        int tokens = 0;
        foreach (int length in sequenceLengths)
            tokens += length;
        BucketPlan bucket = For(target, tokens);
        foreach (BucketPlan tiled in target.TiledBuckets)
        {
            if (tiled.Tokens == bucket.Tokens && TokenTiles.CountWhereFilled(sequenceLengths) is not null)
                return tiled;
        }

        return bucket;
    }

    /// <summary>The smallest bucket with room for so many tokens, for any sequences.</summary>
    /// <exception cref="BatchTooLargeException">No bucket has room.</exception>
    public static BucketPlan For(TargetPlan target, int tokens)
    {
        foreach (BucketPlan bucket in target.Buckets)
        {
            if (tokens <= bucket.Tokens)
                return bucket;
        }

        throw new BatchTooLargeException(tokens, target.Buckets[target.Buckets.Count - 1].Tokens);
    }
}
