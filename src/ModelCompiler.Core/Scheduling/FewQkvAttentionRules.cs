namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Where the projection and the attention of few tokens are one kernel, and the attention's output quantizes its values
/// (bench/results: few_qkv_attention_bench on an H100).
/// </summary>
internal static class FewQkvAttentionRules
{
    /// <summary>A cluster has at most eight token tiles, each of which reads all weights.</summary>
    private const int LargestBucket = 128;

    /// <summary>Parts of a head's outputs and warps of a block, best first.</summary>
    private static readonly (int Parts, int WarpsN, int WarpsK)[] s_shapes = [(3, 2, 4), (2, 3, 4), (2, 3, 2), (1, 6, 2)];

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
        int tiles = (bucketTokens + FewQkvAttentionTile.QueryTile - 1) / FewQkvAttentionTile.QueryTile;
        EpilogueSpec values = attention.Epilogue.WithoutQuantizer();
        FewQkvAttentionKernel? first = s_shapes
            .Select(shape => new FewQkvAttentionKernel(arch, attention.Heads, projection.Problem, new(tiles, shape.Parts, shape.WarpsN, shape.WarpsK), values))
            .FirstOrDefault(kernel => !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any());
        if (first is null || SplitRules.Reader(output, arch, bucketTokens, first.RangeParts) is not { } second)
            return [];
        return [first, second];
    }
}
