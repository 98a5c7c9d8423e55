namespace ModelCompiler.Core.Scheduling;

/// <summary>What the few-token GEMM can do: what the headers in mc/hopper/resident_*.cuh assert.</summary>
internal static class ResidentLimits
{
    private const int MaxThreads = 512;
    private const int MaxWarpTiles = 24;
    private const int PieceBytes = 16;
    private const int BlockN = 16;

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(ResidentGemmKernel kernel)
    {
        GemmProblem problem = kernel.Problem;
        ResidentTile tile = kernel.Tile;
        yield return new("inputs that share a weight scale", 0, problem.Precision.Weights.GroupSize);
        yield return new("sums of FP16 rows", 0, problem.NeedsRowSums ? 1 : 0);
        yield return new("outputs beyond whole tiles", 0, problem.N % tile.N);
        foreach (ScheduleLimit limit in OfTile(problem, tile))
            yield return limit;
        yield return new("16-byte pieces of a chunk of a row", tile.Threads, problem.RowBytes / tile.Chunks / PieceBytes);
        if (kernel.Epilogue.StoresRangeParts || kernel.Scope == RowScope.Grid)
            yield return new("rows of a tile that its epilogue's threads share out", tile.EpilogueThreads, tile.M);
        switch (kernel.Scope)
        {
            case RowScope.Cluster:
                yield return new("blocks of a cluster beyond a multiple of 4", 0, kernel.ClusterSize % 4);
                break;
            case RowScope.Grid:
                yield return new("sums over rows that the grid shares", 0, kernel.Epilogue.RowSums);
                break;
            default:
                yield return new("sums and ranges over rows that no blocks share", 0, kernel.Epilogue.RowSums + kernel.Epilogue.RowRanges);
                break;
        }
    }

    /// <summary>What the mainloop can do that keeps a tile's weights in shared memory (mc/hopper/resident_mainloop.cuh).</summary>
    internal static IEnumerable<ScheduleLimit> OfTile(GemmProblem problem, ResidentTile tile)
    {
        yield return new("inputs beyond whole blocks of weights", 0, problem.K % problem.WeightBlockInputs);
        yield return new(
            "blocks of weights beyond equal shares of warps and chunks", 0,
            problem.K / problem.WeightBlockInputs % (tile.WarpsK * tile.Chunks));
        yield return new("outputs of a tile beyond whole blocks of its warps", 0, tile.N % (BlockN * tile.WarpsN));
        yield return new("threads of a block with resident weights", MaxThreads, tile.Threads);
        yield return new("16 x 8 tiles of a warp", MaxWarpTiles, tile.WarpTiles);
    }
}
