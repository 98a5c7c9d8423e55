namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the split-K GEMM, best first (bench/results: hopper_gemm_bench on an H100).</summary>
internal static class SplitKRules
{
    /// <summary>Fewer tokens are left to kernels whose weights have four bits, more to those whose tiles are enough for the chip.</summary>
    private const int LeastTokens = 64, MostTokens = 256;

    /// <summary>
    /// Blocks in clusters of four that find room at the same time on every H100, whichever of its multiprocessors are switched off: a
    /// group of them with 18 or 14 has two left over.
    /// </summary>
    private const int MostBlocksInFours = 112;

    /// <summary>Narrow tiles are many, and have short epilogues; two blocks need not wait for as many others as four.</summary>
    private static readonly SplitKTile[] s_tiles = [new(64, 2), new(64, 4), new(96, 4), new(128, 4), new(96, 2), new(128, 2)];

    /// <summary>All kernels that can do the work in a bucket.</summary>
    public static IEnumerable<SplitKGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens is < LeastTokens or > MostTokens || epilogue.RowSums == 0)
            return [];
        return
            from tile in s_tiles
            let kernel = new SplitKGemmKernel(arch, problem, tile, epilogue)
            where (tile.Split < 4 || kernel.BlocksThatWait(bucketTokens) <= MostBlocksInFours) && !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any()
            select kernel;
    }

    /// <summary>True where these kernels are measured to be ahead: a tile takes long to read its inputs, and has more than one row block of them.</summary>
    public static bool Lead(GemmProblem problem, int bucketTokens) => problem.K > problem.N && bucketTokens > LeastTokens;
}
