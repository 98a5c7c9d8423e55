namespace ModelCompiler.Core.Scheduling;

/// <summary>How a block of the split-K GEMM cuts its work (mc/hopper/split_k_tile.cuh).</summary>
/// <param name="N">Columns of a tile.</param>
/// <param name="Split">Blocks of a cluster that divide its inputs.</param>
public readonly record struct SplitKTile(int N, int Split)
{
    /// <summary>Rows of a tile.</summary>
    internal const int M = 64;

    /// <summary>A warp group.</summary>
    internal const int Threads = 128;

    /// <summary>Warps whose rows a block owns when the sums meet.</summary>
    internal int OwnedWarps => 4 / Split;

    /// <inheritdoc/>
    public override string ToString() => $"m{M}n{N}_k{Split}";
}
