namespace ModelCompiler.Core.Scheduling;

/// <summary>Where the projection and the attention behind it are one kernel (bench/results: qkv_attention_bench on an H100).</summary>
internal static class QkvAttentionRules
{
    /// <summary>Fewer tokens leave most multiprocessors without a head of a tile.</summary>
    private const int SmallestBucket = 1024;

    /// <summary>Blocks that keep their weights have read them for nothing where they have a tile or two.</summary>
    private const int SmallestStationaryBucket = 2049;

    /// <summary>The best first.</summary>
    private static readonly QkvAttentionTile[] s_kept = [new(3, WeightFlow.Stationary), new(4, WeightFlow.Streamed)], s_streamed = [new(4, WeightFlow.Streamed)];

    /// <summary>The kernel that does both in a bucket, or null.</summary>
    public static QkvAttentionKernel? Kernel(GemmWork projection, AttentionWork attention, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens < SmallestBucket || attention.HeadSize != QkvAttentionKernel.HeadSize
            || projection.Epilogue.Ops is not [EpilogueOp.Bias, EpilogueOp.StoreFloat16])
            return null;
        return (bucketTokens < SmallestStationaryBucket ? s_streamed : s_kept)
            .Select(tile => new QkvAttentionKernel(arch, attention.Heads, projection.Problem, tile, attention.Epilogue))
            .FirstOrDefault(kernel => !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any());
    }
}
