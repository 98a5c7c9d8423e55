namespace ModelCompiler.Core.Scheduling;

/// <summary>What the many-token GEMM can do: what the headers in mc/hopper assert.</summary>
internal static class WgmmaLimits
{
    private const int BlockM = 64;
    private const int BlockN = 32;
    private const int WidestTile = 256;
    private const int TallestBox = 256;
    private const int MostStages = 16;
    private const int AccessBytes = 16;

    /// <summary>Sums that a warp group holds without spilling, of two, of three and of four.</summary>
    private static int MostSums(WgmmaTile tile) => tile.Groups switch
    {
        2 => 128 * 192,
        3 => 64 * 192,
        _ => 64 * 128,
    };

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(WgmmaGemmKernel kernel)
    {
        GemmProblem problem = kernel.Problem;
        WgmmaTile tile = kernel.Tile;
        yield return new("inputs that share a weight scale", 0, problem.Precision.Weights.GroupSize);
        yield return new("weights to be widened to FP16", 0, problem.Family == GemmFamily.Float16Weight4 ? 1 : 0);
        yield return new("bytes of a row of activations beyond a multiple of 16", 0, problem.RowBytes % AccessBytes);
        if (problem.ReadsPackedCodes)
        {
            yield return new("packed codes of other than symmetric formats", 0, PackedCodes.IsPackable(problem.Precision) ? 0 : 1);
            yield return new("steps beyond whole rounds of the stages", 0, kernel.Steps % tile.Stages);
            yield return new("blocks of 64 rows in the stages beyond pairs", 0, tile.Stages * tile.GroupM / BlockM % 2);
            yield return new("warp groups beside the widened codes", 2, tile.Groups);
            yield return new("stationary weights beside packed codes", 0, tile.IsStationary ? 1 : 0);
        }

        yield return new("rows of a tile", TallestBox, tile.M);
        yield return new("rows of a warp group beyond whole blocks of 64", 0, tile.GroupM % BlockM);
        yield return new("columns of a tile beyond whole blocks of 32", 0, tile.N % BlockN);
        yield return new("columns of a tile", WidestTile, tile.N);
        yield return new("sums of a warp group", MostSums(tile), tile.GroupM * tile.N);
        yield return new("stages", MostStages, tile.Stages);
        if (tile.IsStationary)
            yield return new("row blocks of a cluster whose weights stay", 1, tile.RowBlocks);
        switch (kernel.Scope)
        {
            case RowScope.Cluster:
                yield return new("columns beyond whole tiles of a cluster", 0, problem.N % tile.N);
                break;
            case RowScope.Tile:
                yield return new("columns of a tile that holds whole rows", tile.N, problem.N);
                break;
            case RowScope.Grid:
                if (kernel.Epilogue.RowSums > 0)
                    yield return new("columns beyond whole tiles of rows that the grid shares", 0, problem.N % tile.N);
                break;
            default:
                yield return new("sums and ranges over rows that no blocks share", 0, kernel.Epilogue.RowSums + kernel.Epilogue.RowRanges);
                break;
        }
    }
}
