namespace ModelCompiler.Core.Scheduling;

/// <summary>Dynamic shared memory of kernels in which the blocks of a cluster exchange sums; the formulas of mc/hopper/split_*.cuh.</summary>
public static class SplitSharedMemory
{
    private const int Barriers = 16;
    private const int MlpBarriers = 32;

    /// <summary>mc/hopper/split_gemm.cuh.</summary>
    public static int Bytes(SplitGemmKernel kernel)
    {
        SplitTile tile = kernel.Tile;
        GemmProblem part = tile.Part(kernel.Problem);
        return Weights(part, part.N) + Operands(part, tile.Block(kernel.Problem)) + Parameters(kernel.Problem, tile, kernel.Epilogue)
            + Sums(kernel.Problem, tile) + Scratch(tile, kernel.Epilogue) + Barriers;
    }

    /// <summary>mc/hopper/cluster_mlp.cuh: sums that arrive take the place of the first product's operands.</summary>
    public static int Bytes(ClusterMlpKernel kernel)
    {
        (ResidentTile inTile, SplitTile outTile) = (kernel.InTile, kernel.OutTile);
        GemmProblem part = outTile.Part(kernel.Out);
        int inParameters = 16 * inTile.N + 4 * inTile.M;
        int inScratch = 32 + 8 * inTile.M * (inTile.RowWarps + outTile.Ranks);
        return Weights(kernel.In, inTile.N) + Math.Max(Operands(kernel.In, inTile), Sums(kernel.Out, outTile)) + inParameters + inScratch
            + Weights(part, part.N) + Operands(part, outTile.Block(kernel.Out)) + Parameters(kernel.Out, outTile, kernel.Epilogue)
            + Scratch(outTile, kernel.Epilogue) + MlpBarriers;
    }

    /// <summary>True where a block's sums fit in 16 bits: codes are at most 2^(bits - 1) in size.</summary>
    internal static bool IsNarrow(GemmProblem problem, SplitTile tile) =>
        (long)problem.K / tile.SplitK << (problem.Precision.Activations.Bits + problem.WeightBits - 2) < 1 << 15;

    private static int Weights(GemmProblem problem, int outputs) => outputs * problem.K * problem.WeightBits / 8;

    /// <summary>Activations, whose place partial sums of a block's warps take afterwards.</summary>
    private static int Operands(GemmProblem problem, ResidentTile tile) =>
        Math.Max(tile.M * (problem.RowBytes + 16), (tile.WarpsK - 1) * tile.M * tile.N * sizeof(int));

    private static int Parameters(GemmProblem problem, SplitTile tile, EpilogueSpec epilogue)
    {
        bool hasNorm = epilogue.Ops.Any(op => op is EpilogueOp.LayerNorm);
        return (hasNorm ? 4 : 2) * sizeof(float) * problem.N + 2 * sizeof(float) * tile.M;
    }

    private static int Sums(GemmProblem problem, SplitTile tile) =>
        tile.OwnedRows * tile.SplitK * problem.N * (IsNarrow(problem, tile) ? sizeof(short) : sizeof(int));

    private static int Scratch(SplitTile tile, EpilogueSpec epilogue) =>
        ((epilogue.RowSums + epilogue.RowRanges) * tile.OwnedRows * tile.RowWarps * 8 + 15) / 16 * 16;
}
