namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the few-token GEMM, best first (bench/results: resident_gemm_bench on an H100).</summary>
internal static class ResidentRules
{
    /// <summary>Larger buckets are left to kernels that read weights once for many tokens.</summary>
    private const int LargestBucket = 512;

    /// <summary>Larger buckets are left to other kernels where there are any.</summary>
    private const int LargestLead = 128;

    /// <summary>The same where blocks share nothing of a row but its range.</summary>
    private const int LargestLeadOfRanges = 32;

    /// <summary>
    /// Bytes of weights that row blocks may read together: to read more takes longer than to read them once for 64 rows. Where
    /// blocks share rows it may be more, for they share them sooner.
    /// </summary>
    private const int MostRead = 13 << 19, MostReadWithWholeRows = 12 << 20;

    /// <summary>Warps of a block: with more of them registers would not suffice for the tiles.</summary>
    private const int MostWarps = 16;

    /// <summary>Bytes of a row of activations from which on it arrives in parts, so that products start before the last of it.</summary>
    private const int LongRow = 2048;

    /// <summary>
    /// Rows of a tile. Rereading weights from L2 for each 16 tokens costs less than the longer latency of taller tiles; these
    /// gain where a bucket has more row blocks than the chip has room for.
    /// </summary>
    private static readonly int[] s_rows = [16, 32];

    private static readonly int[] s_widths = [48, 64, 32, 96];

    /// <summary>Blocks of a cluster: eight are measured to be faster than sixteen, which a chip has room for less often.</summary>
    private static readonly int[] s_clusters = [8, 16, 4, 12];

    /// <summary>
    /// True where the best of the kernels for few tokens is measured to be ahead of those for many. Each 16 tokens read all weights.
    /// Rows that only the whole grid can share are not its strength, nor is a range alone, for which blocks of 64 rows meet in the grid.
    /// </summary>
    public static bool Lead(GemmProblem problem, EpilogueSpec epilogue, LinearKernel? best, int bucketTokens)
    {
        if (epilogue.NeedsWholeRow && epilogue.RowSums == 0 && bucketTokens > LargestLeadOfRanges)
            return false;
        long read = (long)problem.N * problem.K * problem.WeightBits / 8 * ((bucketTokens + s_rows[0] - 1) / s_rows[0]);
        return bucketTokens <= LargestLead && best is { Scope: not RowScope.Grid } && read < (epilogue.NeedsWholeRow ? MostReadWithWholeRows : MostRead);
    }

    /// <summary>All kernels that can do the work in a bucket.</summary>
    public static IEnumerable<ResidentGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens > LargestBucket)
            return [];
        return
            from rows in s_rows
            from shape in Shapes(problem, epilogue)
            from tile in Tiles(problem, rows, shape.Width)
            let kernel = new ResidentGemmKernel(arch, problem, tile, shape.Scope, epilogue)
            where !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any()
            select kernel;
    }

    private static IEnumerable<(RowScope Scope, int Width)> Shapes(GemmProblem problem, EpilogueSpec epilogue)
    {
        if (!epilogue.NeedsWholeRow)
            return s_widths.Select(width => (RowScope.Partial, width));
        return s_clusters.Where(size => problem.N % size == 0).Select(size => (RowScope.Cluster, problem.N / size))
            .Concat(Enumerable.Reverse(s_widths).Select(width => (RowScope.Grid, width)));
    }

    /// <summary>
    /// Warps of 32 columns each, or of 16 where these do not divide the tile, and as many along K as the block has room for;
    /// then the same with half as many along K.
    /// </summary>
    private static IEnumerable<ResidentTile> Tiles(GemmProblem problem, int rows, int width)
    {
        int warpsN = width > 32 && width % 32 == 0 ? width / 32 : width / 16;
        if (warpsN == 0)
            yield break;
        int chunks = problem.RowBytes > LongRow ? 4 : 1, blocks = problem.K / problem.WeightBlockInputs;
        foreach (int warpsK in new[] { 4, 2, 1 })
        {
            if (warpsN * warpsK > MostWarps || blocks % (warpsK * chunks) != 0)
                continue;
            yield return new(rows, width, warpsN, warpsK, chunks);
            if (rows == s_rows[0] && warpsK > 1)
                yield return new(rows, width, width % (32 * warpsN) == 0 ? 2 * warpsN : warpsN, warpsK / 2, chunks);
            yield break;
        }
    }
}
