namespace ModelCompiler.Core.Scheduling;

/// <summary>Dynamic shared memory of a GEMM block; the formulas that the headers of the algorithms state.</summary>
public static class GemmSharedMemory
{
    /// <summary>A full and an empty barrier of a pipeline stage.</summary>
    internal const int BarrierBytes = 16;

    /// <summary>mc/gemm.cuh: the pipeline's stages, whose place the epilogue's row statistics take afterwards.</summary>
    public static int Bytes(GemmKernel kernel)
    {
        TileConfig tile = kernel.Tile;
        int stage = (tile.M * tile.K * kernel.Problem.ActivationBits + tile.N * tile.K * kernel.Problem.WeightBits) / 8;
        int statistics = kernel.Scope == RowScope.Partial ? 0 : 16 * tile.M * (tile.WarpsN + 2);
        return Math.Max(tile.Stages * stage, statistics);
    }

    /// <summary>
    /// mc/hopper/resident_gemm.cuh: the operands; what the epilogue reads; what blocks exchange about each row.
    /// </summary>
    public static int Bytes(ResidentGemmKernel kernel)
    {
        ResidentTile tile = kernel.Tile;
        GemmProblem problem = kernel.Problem;
        bool hasResidual = kernel.Epilogue.Ops.Any(op => op is EpilogueOp.Residual);
        int parameters = 16 * tile.N + 4 * tile.M + (hasResidual ? 2 * tile.M * (tile.N + 8) : 0);
        int exchanges = kernel.Epilogue.Exchanges + (kernel.Epilogue.StoresRangeParts ? 1 : 0);
        int joined = kernel.Scope switch
        {
            RowScope.Cluster => kernel.ClusterSize,
            RowScope.Grid => tile.EpilogueThreads / tile.M,
            _ => 0,
        };
        return ResidentOperands(problem, tile) + parameters + (exchanges == 0 ? 0 : 32 + 8 * tile.M * exchanges * (tile.RowWarps + joined));
    }

    /// <summary>mc/hopper/resident_mainloop.cuh: all weights of the tile; its activations, whose place partial sums take afterwards.</summary>
    internal static int ResidentOperands(GemmProblem problem, ResidentTile tile) =>
        (tile.N * problem.K * problem.WeightBits / 8)
        + Math.Max(tile.M * (problem.RowBytes + 16), (tile.WarpsK - 1) * tile.M * tile.N * sizeof(float));

    /// <summary>mc/hopper/split_k_gemm.cuh: every step of the part; what the epilogue reads; the sums of the other blocks.</summary>
    public static int Bytes(SplitKGemmKernel kernel)
    {
        SplitKTile tile = kernel.Tile;
        int steps = kernel.Steps / tile.Split;
        int operands = steps * ((WgmmaTile.StepBytes * (SplitKTile.M + tile.N)) + (BarrierBytes / 2));
        return ((operands + (BarrierBytes / 2) + 15) / 16 * 16) + (16 * tile.N) + (4 * SplitKTile.M)
            + ((tile.Split - 1) * tile.OwnedWarps * 64 * tile.N);
    }

    /// <summary>mc/hopper/gemm.cuh: stages with their barriers, and what else a block keeps.</summary>
    public static int Bytes(WgmmaGemmKernel kernel) =>
        kernel.Tile.Stages * (kernel.StageBytes + BarrierBytes) + BytesBesideStages(kernel);

    /// <summary>
    /// Stationary weights; what each computing warp group's epilogue reads, and what the blocks of a cluster tell one another of
    /// its rows.
    /// </summary>
    internal static int BytesBesideStages(WgmmaGemmKernel kernel)
    {
        WgmmaTile tile = kernel.Tile;
        int weights = tile.IsStationary ? KeptWeights(kernel.Steps, WgmmaTile.StepBytes * tile.N) : 0;
        int parameters = 16 * tile.N + 4 * tile.GroupM;
        int exchange = kernel.Scope == RowScope.Cluster ? 8 * kernel.Epilogue.ExchangedWords * kernel.BlocksN * tile.GroupM + 16 : 0;
        return weights + tile.Groups * (parameters + exchange);
    }

    /// <summary>
    /// mc/hopper/sparse_gemm.cuh: stages with their barriers; stationary weights; for each team what its epilogue reads of tokens and
    /// outputs of two tiles, and what its warps and the blocks of a cluster tell one another of each token of a part.
    /// </summary>
    public static int Bytes(SparseGemmKernel kernel)
    {
        SparseTile tile = kernel.Tile;
        int ranks = kernel.Scope == RowScope.Cluster ? kernel.ClusterSize : 0;
        int rows = kernel.Scope == RowScope.Partial
            ? 0
            : 8 * tile.PartTokens * (4 * tile.Groups + 2 * ranks + 1) + BarrierBytes;
        int team = 8 * (tile.Tokens + 4 * tile.Outputs) + rows;
        int weights = tile.IsStationary ? KeptWeights(kernel.Pieces, tile.WeightBytes) : 0;
        return tile.Stages * (tile.StageBytes + BarrierBytes) + weights + tile.Teams * team;
    }

    /// <summary>Stationary weights of all steps, and a barrier for each step, in whole 16 bytes.</summary>
    internal static int KeptWeights(int steps, int stepBytes) => steps * stepBytes + 8 * (steps + steps % 2);
}
