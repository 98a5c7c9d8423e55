namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Where the projection and the attention of few tokens are one kernel, and the attention's output quantizes its values
/// (bench/results: few_qkv_attention_bench on an H100).
/// </summary>
internal static class FewQkvAttentionRules
{
    /// <summary>Up to here the pair is ahead of three kernels.</summary>
    private const int LargestBucket = 64;

    /// <summary>Up to here a block for each of queries, keys and values has the least to do, and they find room on the chip.</summary>
    private const int FewTokens = 32;

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
        FewQkvAttentionKernel? first = Shapes(projection.Problem, bucketTokens)
            .Select(shape => new FewQkvAttentionKernel(arch, attention.Heads, projection.Problem, Tile(shape), values))
            .FirstOrDefault(kernel => !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any());
        if (first is null || SplitRules.Reader(output, arch, bucketTokens, first.RangeParts) is not { } second)
            return [];
        return [first, second];

        FewQkvAttentionTile Tile((int M, int Parts, int WarpsN, int WarpsK) shape) =>
            new(shape.M, (bucketTokens + shape.M - 1) / shape.M, shape.Parts, shape.WarpsN, shape.WarpsK);
    }

    /// <summary>Tokens of a tile, parts of a head's outputs and warps of a block, best first.</summary>
    private static (int M, int Parts, int WarpsN, int WarpsK)[] Shapes(GemmProblem projection, int bucketTokens)
    {
        if (bucketTokens > FewTokens)
            return [(16, 2, 3, 2)];
        // Int4 weights are widened in registers, which takes more warps.
        return projection.Precision.Weights.Bits == 8 ? [(16, 3, 2, 2)] : projection.K > 768 ? [(16, 3, 4, 4), (16, 3, 2, 4)] : [(16, 3, 2, 4)];
    }
}
