namespace ModelCompiler.Core.Scheduling;

/// <summary>A matrix product on <c>mma.sync</c>, for every architecture and format (mc/gemm.cuh).</summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Scope">Who shares whole rows.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record GemmKernel(GpuArch Arch, GemmProblem Problem, TileConfig Tile, RowScope Scope, EpilogueSpec Epilogue)
    : LinearKernel(Arch, Problem, Scope, Epilogue)
{
    /// <inheritdoc/>
    internal override string TemplateName => "gemm";

    /// <inheritdoc/>
    public override int TileM => Tile.M;

    /// <inheritdoc/>
    public override int TileN => Tile.N;

    /// <inheritdoc/>
    public override WeightOrder WeightOrder => WeightOrder.Fragments;

    /// <inheritdoc/>
    public override string Schedule => $"{Tile}{ScopeToken}";

    /// <inheritdoc/>
    public override int Threads => Tile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => GemmSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (BlocksN, CeilDiv(bucketTokens, Tile.M));
}
