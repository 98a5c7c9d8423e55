namespace ModelCompiler.Core.Scheduling;

/// <summary>Where the projection and the attention behind it are one kernel (bench/results: qkv_attention_bench on an H100).</summary>
internal static class QkvAttentionRules
{
    /// <summary>Fewer tokens leave most multiprocessors without a head of a tile.</summary>
    private const int SmallestBucket = 1024;

    /// <summary>The best first.</summary>
    private static readonly QkvAttentionTile[] s_tiles = [new(3, WeightFlow.Stationary), new(3, WeightFlow.Streamed)];

    /// <summary>The kernel that does both in a bucket, or null.</summary>
    public static QkvAttentionKernel? Kernel(GemmWork projection, AttentionWork attention, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens < SmallestBucket || attention.HeadSize != QkvAttentionKernel.HeadSize
            || projection.Epilogue.Ops is not [EpilogueOp.Bias, EpilogueOp.StoreFloat16])
            return null;
        return s_tiles.Select(tile => new QkvAttentionKernel(arch, attention.Heads, projection.Problem, tile, attention.Epilogue))
            .FirstOrDefault(kernel => !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any());
    }
}
