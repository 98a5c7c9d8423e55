namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// A matrix product for many tokens with 2:4 sparse weights on Hopper: persistent blocks whose warp groups multiply on
/// <c>wgmma.sp</c>, at twice the rate of <see cref="WgmmaGemmKernel"/> (mc/hopper/sparse_gemm.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Scope">Who shares whole rows: nobody, a cluster or the grid.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record SparseGemmKernel(GpuArch Arch, GemmProblem Problem, SparseTile Tile, RowScope Scope, EpilogueSpec Epilogue)
    : LinearKernel(Arch, Problem, Scope, Epilogue)
{
    private const int SwizzledRows = 8;

    /// <inheritdoc/>
    internal override string TemplateName => "sparse_gemm";

    /// <inheritdoc/>
    public override int TileM => Tile.Tokens;

    /// <inheritdoc/>
    public override int TileN => Tile.Outputs;

    /// <inheritdoc/>
    public override WeightOrder WeightOrder => WeightOrder.SparseRows;

    /// <inheritdoc/>
    public override bool HasActivationMap => true;

    /// <inheritdoc/>
    /// <remarks>A block copies its share of the tokens to all of its cluster, where that is whole swizzled groups of rows.</remarks>
    public override int ActivationBoxRows() => TileM % (SwizzledRows * ClusterSize) == 0 ? TileM / ClusterSize : TileM;

    /// <inheritdoc/>
    public override string Schedule => $"sparse_{Tile}{ScopeToken}";

    /// <inheritdoc/>
    public override int Threads => Tile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => GemmSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override int ClusterSize => Scope == RowScope.Cluster ? BlocksN : Tile.OutputBlocks;

    /// <inheritdoc/>
    public override bool IsPersistent => true;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (Units(bucketTokens) * ClusterSize, 1);

    /// <summary>Pieces of 128 inputs.</summary>
    internal int Pieces => CeilDiv(Problem.K, SparseTile.PieceInputs);

    /// <inheritdoc/>
    /// <remarks>
    /// As in <see cref="WgmmaGemmKernel"/>: stationary weights need a block for each tile along the outputs, and where blocks wait
    /// half as many suffice if each has two tiles under way.
    /// </remarks>
    public override int BlocksThatWait(int bucketTokens)
    {
        if (Tile.IsStationary && Scope != RowScope.Cluster)
            return BlocksN;
        return Scope == RowScope.Grid ? Math.Min(Units(bucketTokens), CeilDiv(BlocksN / ClusterSize, Tile.Teams)) * ClusterSize : 0;
    }

    /// <summary>What clusters take in turn: neighbouring tiles of the same tokens.</summary>
    private int Units(int bucketTokens) => CeilDiv(bucketTokens, TileM) * (BlocksN / ClusterSize);
}
