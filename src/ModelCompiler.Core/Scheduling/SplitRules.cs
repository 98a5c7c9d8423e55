namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Tiles of the split GEMM and of the MLP in one kernel, best first (bench/results: split_gemm_bench on an H100).
/// </summary>
internal static class SplitRules
{
    /// <summary>Each 16 or 32 tokens read all weights; more of them are left to other kernels.</summary>
    private const int LargestBucket = 128;

    /// <summary>Up to so many tokens a tile of 16 rows leaves enough multiprocessors for the others.</summary>
    private const int FewTokens = 64;

    private static readonly int[] s_warps = [12, 16, 8, 6, 4];

    private static readonly int[] s_epilogueWarps = [3, 4, 6, 8, 12, 16];

    /// <summary>All split products that can do the work in a bucket.</summary>
    public static IEnumerable<SplitGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens > LargestBucket || !epilogue.Ops.Any(op => op is EpilogueOp.LayerNorm))
            return [];
        // Sixteen blocks have a smaller part each, but clusters of eight find room for 128 tokens at a time.
        (int N, int K)[] splits = bucketTokens <= FewTokens ? [(4, 4), (2, 4), (2, 8)] : [(2, 4), (4, 4), (2, 8)];
        return
            from split in splits
            let kernel = First(split.N, split.K)
            where kernel is not null
            select kernel;

        SplitGemmKernel? First(int splitN, int splitK) =>
            (from warps in s_warps
             from epilogueWarps in s_epilogueWarps
             let kernel = new SplitGemmKernel(arch, problem, new(16, splitN, splitK, warps, 1, epilogueWarps), epilogue)
             where Fits(kernel, bucketTokens)
             select kernel).FirstOrDefault();
    }

    /// <summary>True where these kernels are measured to be ahead of the others for few tokens: inputs that are no more than outputs.</summary>
    public static bool Lead(GemmProblem problem) => problem.K <= problem.N;

    /// <summary>Both products of an MLP in one kernel; null where that cannot be had.</summary>
    /// <param name="first">The first product.</param>
    /// <param name="middle">Its epilogue.</param>
    /// <param name="second">The second product.</param>
    /// <param name="epilogue">Its epilogue.</param>
    /// <param name="arch">Target.</param>
    /// <param name="bucketTokens">The bucket.</param>
    public static ClusterMlpKernel? Mlp(
        GemmProblem first, EpilogueSpec middle, GemmProblem second, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        const int blocks = 16;
        if (arch != GpuArch.Sm90a || bucketTokens > LargestBucket)
            return null;
        int rows = bucketTokens <= FewTokens ? 16 : 32;
        return
            (from warps in s_warps
             from warpsN in s_warps.Append(3).Where(n => warps % n == 0).OrderBy(n => n)
             from epilogueWarps in s_epilogueWarps
             let inTile = new ResidentTile(rows, first.N / blocks, warpsN, warps / warpsN, 1)
             let kernel = new ClusterMlpKernel(arch, first, inTile, middle, second, new(rows, 1, blocks, warps, 1, epilogueWarps), epilogue)
             where Fits(kernel, bucketTokens)
             select kernel).FirstOrDefault();
    }

    private static bool Fits(KernelPlan kernel, int bucketTokens) => !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any();
}
