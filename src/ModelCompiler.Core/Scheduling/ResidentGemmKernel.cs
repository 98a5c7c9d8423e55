namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// A matrix product for few tokens on Hopper: a block's whole slice of the weights is in shared memory before the kernel ahead
/// of it has ended (mc/hopper/resident_gemm.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Scope">Who shares whole rows: nobody, a cluster or the grid.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record ResidentGemmKernel(GpuArch Arch, GemmProblem Problem, ResidentTile Tile, RowScope Scope, EpilogueSpec Epilogue)
    : LinearKernel(Arch, Problem, Scope, Epilogue)
{
    /// <inheritdoc/>
    internal override string TemplateName => "resident_gemm";

    /// <inheritdoc/>
    public override int TileM => Tile.M;

    /// <inheritdoc/>
    public override int TileN => Tile.N;

    /// <inheritdoc/>
    public override WeightOrder WeightOrder => WeightOrder.Fragments;

    /// <inheritdoc/>
    public override string Schedule => $"resident_{Tile}{ScopeToken}";

    /// <inheritdoc/>
    public override int Threads => Tile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => GemmSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (BlocksN, CeilDiv(bucketTokens, Tile.M));

    /// <inheritdoc/>
    public override int BlocksThatWait(int bucketTokens) => Scope == RowScope.Grid ? BlocksN * CeilDiv(bucketTokens, Tile.M) : 0;
}
