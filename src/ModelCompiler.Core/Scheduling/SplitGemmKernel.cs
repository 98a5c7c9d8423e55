namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// A matrix product for few tokens on Hopper whose epilogue needs whole rows: the blocks of a cluster divide the inputs too, and
/// send their sums to the block that finishes the row (mc/hopper/split_gemm.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Epilogue">Fused steps.</param>
/// <param name="RangeParts">
/// Parts of each row's range, where the kernel reads fp32 values and quantizes them itself; 0 where it reads codes.
/// </param>
public sealed record SplitGemmKernel(GpuArch Arch, GemmProblem Problem, SplitTile Tile, EpilogueSpec Epilogue, int RangeParts = 0)
    : LinearKernel(Arch, Problem, RowScope.Cluster, Epilogue)
{
    /// <inheritdoc/>
    internal override string TemplateName => "split_gemm";

    /// <inheritdoc/>
    public override int TileM => Tile.M;

    /// <summary>A block's share of the columns, as the launch counts blocks.</summary>
    public override int TileN => Problem.N / Tile.Ranks;

    /// <inheritdoc/>
    public override WeightOrder WeightOrder => WeightOrder.Fragments;

    /// <inheritdoc/>
    public override string Schedule => $"split_{Tile}{(ReadsValues ? $"_v{RangeParts}" : "")}";

    /// <summary>True where activations are fp32 values with parts of their ranges.</summary>
    public bool ReadsValues => RangeParts > 0;

    /// <inheritdoc/>
    public override int Threads => Tile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => SplitSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override int ClusterSize => Tile.Ranks;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (Tile.Ranks, CeilDiv(bucketTokens, Tile.M));
}
