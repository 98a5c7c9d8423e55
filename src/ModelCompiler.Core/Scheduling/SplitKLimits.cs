namespace ModelCompiler.Core.Scheduling;

/// <summary>What the split-K GEMM can do: what the headers in mc/hopper/split_k_*.cuh assert.</summary>
internal static class SplitKLimits
{
    private const int BlockN = 32;
    private const int WidestTile = 192;
    private const int AccessBytes = 16;

    /// <summary>Places of a part's steps: each has its own.</summary>
    private const int FewestSteps = 2, MostSteps = 16;

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(SplitKGemmKernel kernel)
    {
        GemmProblem problem = kernel.Problem;
        SplitKTile tile = kernel.Tile;
        int steps = kernel.Steps / tile.Split;
        yield return new("inputs that share a weight scale", 0, problem.Precision.Weights.GroupSize);
        yield return new("weights to be widened to FP16", 0, problem.Family == GemmFamily.Float16Weight4 ? 1 : 0);
        yield return new("packed codes", 0, problem.ReadsPackedCodes ? 1 : 0);
        yield return new("bytes of a row of activations beyond a multiple of 16", 0, problem.RowBytes % AccessBytes);
        yield return new("blocks of a cluster beyond 2 or 4", 0, tile.Split is 2 or 4 ? 0 : 1);
        yield return new("steps beyond equal parts", 0, kernel.Steps % tile.Split);
        yield return new("steps of a part", MostSteps, steps);
        yield return new("steps of a part below two", 0, Math.Max(FewestSteps - steps, 0));
        yield return new("columns beyond whole tiles", 0, problem.N % tile.N);
        yield return new("columns of a tile beyond whole blocks of 32", 0, tile.N % BlockN);
        yield return new("columns of a tile", WidestTile, tile.N);
    }
}
