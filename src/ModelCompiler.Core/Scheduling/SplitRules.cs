using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the split GEMM, best first (bench/results: split_gemm_bench on an H100).</summary>
internal static class SplitRules
{
    /// <summary>Each 16 or 32 tokens read all weights; more of them are left to other kernels.</summary>
    private const int LargestBucket = 128;

    /// <summary>Up to so many tokens clusters of sixteen find room at the same time. Values are handed over up to here.</summary>
    private const int FewTokens = 64;

    /// <summary>Warps of a block, of which few are enough where it has few outputs.</summary>
    private static readonly int[] s_warps = [12, 16, 8, 6, 4], s_warpsOfFewOutputs = [6, 8, 12, 4];

    /// <summary>The same where they quantize values first, whose reading and converting more of them share.</summary>
    private static readonly int[] s_warpsOfFewOutputsFromValues = [12, 8, 16, 6, 4];

    private static readonly int[] s_epilogueWarps = [6, 8, 4, 3, 12, 16];

    /// <summary>All split products that can do the work in a bucket.</summary>
    public static IEnumerable<SplitGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens > LargestBucket || !epilogue.Ops.Any(op => op is EpilogueOp.LayerNorm))
            return [];
        // Sixteen blocks have a smaller part each, but clusters of eight find room for 128 tokens at a time.
        (int N, int K)[] splits = bucketTokens <= FewTokens ? [(4, 4), (2, 4), (2, 8)] : [(2, 4), (4, 4), (2, 8)];
        return splits.Select(split => First(problem, epilogue, arch, bucketTokens, split, rangeParts: 0)).OfType<SplitGemmKernel>();
    }

    /// <summary>True where these kernels are measured to be ahead of the others for few tokens: inputs that are no more than outputs.</summary>
    public static bool Lead(GemmProblem problem) => problem.K <= problem.N;

    /// <summary>
    /// Kernels of two products, the first of which stores fp32 values that the second one quantizes, so that no block waits
    /// for the range of a row; none where they are not ahead or cannot be had.
    /// </summary>
    /// <param name="first">The first product.</param>
    /// <param name="second">The second one, the only reader of its codes.</param>
    /// <param name="arch">Target.</param>
    /// <param name="bucketTokens">The bucket.</param>
    public static IReadOnlyList<KernelPlan> Handover(GemmWork first, GemmWork second, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens > FewTokens || !IsSymmetric(second.Problem.Precision.Activations))
            return [];
        EpilogueSpec values = first.Epilogue.WithoutQuantizer();
        if (ResidentRules.Kernels(first.Problem, values, arch, bucketTokens).FirstOrDefault() is not { } writer)
            return [];
        SplitGemmKernel? reader = First(second.Problem, second.Epilogue, arch, bucketTokens, (2, 8), writer.BlocksN);
        return reader is null ? [] : [writer, reader];
    }

    /// <summary>The kernel of a product that quantizes fp32 values, or null where there is none.</summary>
    /// <param name="work">The product.</param>
    /// <param name="arch">Target.</param>
    /// <param name="bucketTokens">The bucket.</param>
    /// <param name="rangeParts">Parts of each row's range that come with the values.</param>
    public static SplitGemmKernel? Reader(GemmWork work, GpuArch arch, int bucketTokens, int rangeParts) => IsSymmetric(work.Problem.Precision.Activations)
        ? First(work.Problem, work.Epilogue, arch, bucketTokens, bucketTokens <= FewTokens ? (4, 4) : (2, 4), rangeParts)
        : null;

    private static bool IsSymmetric(ActivationFormat format) =>
        format is { IsQuantized: true, Symmetry: Symmetry.Symmetric, Range: ActivationRange.PerToken };

    private static SplitGemmKernel? First(
        GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens, (int N, int K) split, int rangeParts) =>
        (from warps in split.N < 4 ? s_warps : rangeParts > 0 ? s_warpsOfFewOutputsFromValues : s_warpsOfFewOutputs
         from epilogueWarps in s_epilogueWarps
         let kernel = new SplitGemmKernel(arch, problem, new(16, split.N, split.K, warps, 1, epilogueWarps), epilogue, rangeParts)
         where Fits(kernel, bucketTokens)
         select kernel).FirstOrDefault();

    private static bool Fits(KernelPlan kernel, int bucketTokens) => !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any();
}
