namespace ModelCompiler.Core.Scheduling;

/// <summary>Dynamic shared memory of a GEMM block; the formula that <c>mc/gemm.cuh</c> states.</summary>
public static class GemmSharedMemory
{
    /// <summary>Bytes of a block: the pipeline's stages, whose place the epilogue's row statistics take afterwards.</summary>
    public static int Bytes(GemmKernel kernel)
    {
        TileConfig tile = kernel.Tile;
        int stage = (tile.M * tile.K * kernel.Problem.ActivationBits + tile.N * tile.K * kernel.Problem.WeightBits) / 8;
        int statistics = kernel.Scope == RowScope.Partial ? 0 : 16 * tile.M * (tile.WarpsN + 2);
        return Math.Max(tile.Stages * stage, statistics);
    }
}
