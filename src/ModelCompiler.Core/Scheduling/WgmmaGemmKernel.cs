namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// A matrix product for many tokens on Hopper: persistent blocks, one warp group copies and two to four multiply on <c>wgmma</c>
/// (mc/hopper/gemm.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Scope">Who shares whole rows.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record WgmmaGemmKernel(GpuArch Arch, GemmProblem Problem, WgmmaTile Tile, RowScope Scope, EpilogueSpec Epilogue)
    : LinearKernel(Arch, Problem, Scope, Epilogue)
{
    /// <inheritdoc/>
    internal override string TemplateName => "wgmma_gemm";

    /// <inheritdoc/>
    public override int TileM => Tile.M;

    /// <inheritdoc/>
    public override int TileN => Tile.N;

    /// <inheritdoc/>
    public override WeightOrder WeightOrder => Problem.ReadsPackedCodes ? WeightOrder.SwizzledRowsOfNibbles : WeightOrder.SwizzledRows;

    /// <inheritdoc/>
    public override bool HasActivationMap => true;

    /// <inheritdoc/>
    public override int ActivationBoxBytes() => Problem.ReadsPackedCodes ? WgmmaTile.StepBytes / 2 : WgmmaTile.StepBytes;

    /// <inheritdoc/>
    public override string Schedule => $"wgmma_{Tile}{ScopeToken}";

    /// <inheritdoc/>
    public override int Threads => Tile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => GemmSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override int ClusterSize => Tile.RowBlocks * (Scope == RowScope.Cluster ? BlocksN : 1);

    /// <inheritdoc/>
    public override bool IsPersistent => true;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (Units(bucketTokens) * ClusterSize, 1);

    /// <summary>Steps along K, of 128 bytes of a row of weights.</summary>
    internal int Steps => WgmmaTile.Steps(Problem);

    /// <summary>Bytes of a stage.</summary>
    internal int StageBytes => Tile.M * ActivationBoxBytes() + (Tile.IsStationary ? 0 : Tile.N * WgmmaTile.StepBytes);

    /// <summary>
    /// Stationary weights need a block for each column tile. A tile waits for the others of its rows. Units are taken in the order of rows, so that the clusters that run at the same
    /// time reach a row block's tiles together if they are as many as its columns' tiles; half as many suffice where each
    /// block has two tiles under way.
    /// </summary>
    public override int BlocksThatWait(int bucketTokens)
    {
        if (Tile.IsStationary && Scope != RowScope.Cluster)
            return BlocksN;
        if (Scope != RowScope.Grid)
            return 0;
        return Math.Min(Units(bucketTokens), CeilDiv(BlocksN, Tile.Teams)) * ClusterSize;
    }

    /// <summary>What clusters take in turn (mc/hopper/work.cuh): their row blocks, whole rows or a column tile of them.</summary>
    private int Units(int bucketTokens) => CeilDiv(bucketTokens, Tile.M * Tile.RowBlocks) * (Scope == RowScope.Cluster ? 1 : BlocksN);
}
