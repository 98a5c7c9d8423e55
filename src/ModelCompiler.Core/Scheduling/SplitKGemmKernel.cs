namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// A matrix product for a few row blocks on Hopper whose epilogue needs whole rows: the blocks of a cluster divide the inputs of a
/// tile, and the tiles of a row meet in the grid (mc/hopper/split_k_gemm.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record SplitKGemmKernel(GpuArch Arch, GemmProblem Problem, SplitKTile Tile, EpilogueSpec Epilogue)
    : LinearKernel(Arch, Problem, RowScope.Grid, Epilogue)
{
    /// <inheritdoc/>
    internal override string TemplateName => "split_k_gemm";

    /// <inheritdoc/>
    public override int TileM => SplitKTile.M;

    /// <inheritdoc/>
    public override int TileN => Tile.N;

    /// <inheritdoc/>
    public override WeightOrder WeightOrder => WeightOrder.SwizzledRows;

    /// <inheritdoc/>
    public override bool HasActivationMap => true;

    /// <inheritdoc/>
    public override string Schedule => $"split_{Tile}{ScopeToken}";

    /// <inheritdoc/>
    public override int Threads => SplitKTile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => GemmSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override int ClusterSize => Tile.Split;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (Tile.Split * BlocksN * CeilDiv(bucketTokens, TileM), 1);

    /// <inheritdoc/>
    public override int BlocksThatWait(int bucketTokens) => Grid(bucketTokens).X;

    /// <summary>Steps along K, of 128 bytes of a row of weights, of all blocks of a cluster together.</summary>
    internal int Steps => WgmmaTile.Steps(Problem);
}
