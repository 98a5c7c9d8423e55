namespace ModelCompiler.Core.Scheduling;

/// <summary>Dynamic shared memory of the split GEMM; the formula of mc/hopper/split_gemm.cuh.</summary>
public static class SplitSharedMemory
{
    private const int Barriers = 16;

    /// <summary>A block's part of the operands, what its epilogue reads, the sums that it receives.</summary>
    public static int Bytes(SplitGemmKernel kernel)
    {
        SplitTile tile = kernel.Tile;
        GemmProblem part = tile.Part(kernel.Problem);
        return GemmSharedMemory.ResidentOperands(part, tile.Block(kernel.Problem)) + Parameters(kernel.Problem, tile, kernel.Epilogue)
            + Sums(kernel.Problem, tile) + Scratch(tile, kernel.Epilogue) + Barriers;
    }

    /// <summary>True where a block's sums fit in 16 bits: codes are at most 2^(bits - 1) in size.</summary>
    internal static bool IsNarrow(GemmProblem problem, SplitTile tile) =>
        (long)problem.K / tile.SplitK << (problem.Precision.Activations.Bits + problem.WeightBits - 2) < 1 << 15;

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
