namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Where the projection and the attention of few tokens are one kernel, and the attention's output quantizes its values
/// (bench/results: few_qkv_attention_bench on an H100).
/// </summary>
internal static class FewQkvAttentionRules
{
    /// <summary>Larger buckets have faster kernels for both.</summary>
    private const int LargestBucket = 64;

    /// <summary>Up to here each block has one of queries, keys and values.</summary>
    private const int FewTokens = 32;

    /// <summary>More blocks, in clusters, do not find room at once beside those of the next kernel: 128 are measured to be behind.</summary>
    private const int MostBlocks = 96;

    /// <summary>The kernel of both and that of the product behind them in a bucket, or none.</summary>
    /// <param name="projection">The QKV projection.</param>
    /// <param name="attention">The only reader of its rows.</param>
    /// <param name="output">The only reader of the attention's codes.</param>
    /// <param name="arch">Target.</param>
    /// <param name="bucketTokens">The bucket.</param>
    public static IReadOnlyList<KernelPlan> Kernels(GemmWork projection, AttentionWork attention, GemmWork output, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens > LargestBucket || attention.HeadSize != FewQkvAttentionKernel.HeadSize
            || projection.Epilogue.Ops is not [EpilogueOp.Bias, EpilogueOp.StoreFloat16] || attention.Epilogue.Ops is not [EpilogueOp.Quantize])
            return [];
        EpilogueSpec values = attention.Epilogue.WithoutQuantizer();
        var first = new FewQkvAttentionKernel(arch, attention.Heads, projection.Problem, Tile(projection.Problem, bucketTokens), values);
        if (first.Heads * first.ClusterSize > MostBlocks || ScheduleVerifier.VerifyIn(bucketTokens, first).Any())
            return [];
        return SplitRules.Reader(output, arch, bucketTokens, first.RangeParts) is { } second ? [first, second] : [];
    }

    private static FewQkvAttentionTile Tile(GemmProblem projection, int bucketTokens)
    {
        int tiles = (bucketTokens + FewQkvAttentionTile.M - 1) / FewQkvAttentionTile.M;
        if (bucketTokens > FewTokens)
            return new(tiles, Parts: 2, WarpsN: 3, WarpsK: 2);
        // Int4 weights are widened in registers, which takes more warps.
        (int warpsN, int warpsK) = projection.Precision.Weights.Bits == 8 ? (2, 2) : projection.K > 768 ? (4, 2) : (2, 4);
        return new(tiles, Parts: 3, warpsN, warpsK);
    }
}
