using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What the split GEMM can do: what the headers in mc/hopper/split_*.cuh assert.</summary>
internal static class SplitLimits
{
    private const int PieceBytes = 16;
    private const int WidestGroup = 4;

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(SplitGemmKernel kernel) =>
        OfSplit(kernel.Problem, kernel.Tile, kernel.Epilogue).Concat(kernel.ReadsValues ? OfValues(kernel) : OfReadCodes(kernel));

    private static IEnumerable<ScheduleLimit> OfReadCodes(SplitGemmKernel kernel)
    {
        yield return new("16-byte pieces of a part of a row", kernel.Threads, kernel.Tile.Part(kernel.Problem).RowBytes / PieceBytes);
    }

    /// <summary>Threads share the values of each row in fours, and lanes the parts of its range.</summary>
    private static IEnumerable<ScheduleLimit> OfValues(SplitGemmKernel kernel)
    {
        SplitTile tile = kernel.Tile;
        int rowThreads = kernel.Threads / tile.M, lanes = kernel.RangeParts % 32 == 0 ? 8 : kernel.RangeParts % 16 == 0 ? 4 : 2;
        yield return new("threads beyond as many for each row", 0, kernel.Threads % tile.M);
        yield return new("values of a part of a row beyond fours of its threads", 0, kernel.Problem.K / tile.SplitK % (4 * Math.Max(rowThreads, 1)));
        yield return new("parts of a row's range beyond fours of its lanes", 0, kernel.RangeParts % (4 * lanes));
        yield return new("lanes that find the ranges of rows", kernel.Threads, tile.M * lanes);
    }

    private static IEnumerable<ScheduleLimit> OfSplit(GemmProblem problem, SplitTile tile, EpilogueSpec epilogue)
    {
        foreach (ScheduleLimit limit in OfCodes(problem))
            yield return limit;
        yield return new("outputs beyond equal parts", 0, problem.N % tile.SplitN);
        yield return new("inputs beyond equal parts", 0, problem.K % tile.SplitK);
        yield return new("blocks of a cluster beyond 8 or 16", 0, tile.Ranks is 8 or 16 ? 0 : 1);
        yield return new("rows of a tile beyond as many for each block", 0, tile.M % tile.Ranks);
        yield return new("epilogues without bias or whole rows", 0, epilogue.RowSums > 0 && epilogue.Ops[0] is EpilogueOp.Bias ? 0 : 1);
        ResidentTile block = tile.Block(problem);
        foreach (ScheduleLimit limit in ResidentLimits.OfTile(tile.Part(problem), block))
            yield return limit;

        // The pairs of neighbouring columns of a thread in the epilogue are part of what one lane sends.
        int group = block.OwnedColumns % WidestGroup == 0 ? WidestGroup : 2;
        int rowThreads = Math.Max(32 * tile.RowWarps, 1), pairs = problem.N / 2 / rowThreads;
        yield return new("groups of 8 columns of a warp beyond pairs of them", 0, block.OwnedColumns % 2);
        yield return new("warps that finish rows", tile.WarpsN * tile.WarpsK, tile.EpilogueWarps);
        yield return new("warps beyond as many for each row", 0, tile.EpilogueWarps % Math.Max(tile.OwnedRows, 1));
        yield return new("pairs of columns beyond as many for each thread", 0, problem.N / 2 - pairs * rowThreads);
        yield return new("pairs of columns of a thread beyond one lane's message", 0, pairs == 0 ? 1 : group % pairs);
    }

    private static IEnumerable<ScheduleLimit> OfCodes(GemmProblem problem)
    {
        LinearPrecision precision = problem.Precision;
        bool isSymmetric = precision is { IsInteger: true, Weights: { Symmetry: Symmetry.Symmetric, GroupSize: 0 } }
            && precision.Activations is { Symmetry: Symmetry.Symmetric, Range: ActivationRange.PerToken };
        yield return new("operands that are not symmetric codes with a scale for each row", 0, isSymmetric ? 0 : 1);
    }
}
