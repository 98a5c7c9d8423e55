using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What kernels can do in which the blocks of a cluster exchange sums: what mc/hopper/split_*.cuh and cluster_mlp.cuh assert.</summary>
internal static class SplitLimits
{
    private const int MaxThreads = 512;
    private const int MaxWarpTiles = 24;
    private const int PieceBytes = 16;
    private const int BlockN = 16;
    private const int WidestGroup = 4;

    /// <summary>Limits of a split product.</summary>
    public static IEnumerable<ScheduleLimit> Of(SplitGemmKernel kernel)
    {
        GemmProblem part = kernel.Tile.Part(kernel.Problem);
        return OfSplit(kernel.Problem, kernel.Tile, kernel.Epilogue)
            .Append(new("16-byte pieces of a part of a row", kernel.Threads, part.RowBytes / PieceBytes));
    }

    /// <summary>Limits of an MLP.</summary>
    public static IEnumerable<ScheduleLimit> Of(ClusterMlpKernel kernel)
    {
        (GemmProblem first, ResidentTile tile, SplitTile split) = (kernel.In, kernel.InTile, kernel.OutTile);
        bool isKept = kernel.Middle.Ops.LastOrDefault() is EpilogueOp.Quantize { Container: 8 } quantize
            && quantize.Format == kernel.Out.Precision.Activations && kernel.Middle.Ops.Count(op => op is EpilogueOp.Quantize) == 1
            && !kernel.Middle.Ops.Any(op => op is EpilogueOp.StoreFloat16 or EpilogueOp.StoreFloat32 or EpilogueOp.Residual or EpilogueOp.LayerNorm);
        yield return new("steps between products that do not end in the second one's codes", 0, isKept ? 0 : 1);
        yield return new("outputs of the first product beyond those of all blocks", 0, Math.Abs(tile.N * split.Ranks - first.N));
        yield return new("outputs of the first product beyond the second one's inputs", 0, Math.Abs(first.N - kernel.Out.K));
        yield return new("parts of the second product's outputs", 1, split.SplitN);
        yield return new("rows of a tile that only one product has", 0, Math.Abs(tile.M - split.M));
        yield return new("threads that only one product has", 0, Math.Abs(tile.Threads - split.Threads));
        yield return new("threads without a part of the first product's tile", 0, tile.Threads - tile.EpilogueThreads);
        yield return new("warps that share outputs of the second product", 1, split.WarpsK);
        yield return new("16-byte pieces of a chunk of a row", tile.Threads, first.RowBytes / tile.Chunks / PieceBytes);
        foreach (ScheduleLimit limit in OfCodes(first).Concat(OfTile(first, tile)).Concat(OfSplit(kernel.Out, split, kernel.Epilogue)))
            yield return limit;
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
        foreach (ScheduleLimit limit in OfTile(tile.Part(problem), block))
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

    private static IEnumerable<ScheduleLimit> OfTile(GemmProblem problem, ResidentTile tile)
    {
        yield return new("inputs beyond whole blocks of weights", 0, problem.K % problem.WeightBlockInputs);
        yield return new(
            "blocks of weights beyond equal shares of warps and chunks", 0, problem.K / problem.WeightBlockInputs % (tile.WarpsK * tile.Chunks));
        yield return new("outputs of a tile beyond whole blocks of its warps", 0, tile.N % (BlockN * tile.WarpsN));
        yield return new("threads of a block with resident weights", MaxThreads, tile.Threads);
        yield return new("16 x 8 tiles of a warp", MaxWarpTiles, tile.WarpTiles);
    }
}
