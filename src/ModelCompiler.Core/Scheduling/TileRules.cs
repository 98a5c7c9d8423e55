using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Chooses row scope and tile of a GEMM by ordered rules; the first match wins and the last always matches. Small
/// buckets take small tiles, so that many multiprocessors read weights at the same time; large buckets take large ones,
/// so that operands are reused.
/// </summary>
public static class TileRules
{
    /// <summary>Widest tile: 256 columns of fp32 accumulators still fit the registers of eight warps at 64 rows.</summary>
    private const int WidestTile = 256;

    /// <summary>Most blocks of a cluster; above eight the launch must allow non-portable sizes.</summary>
    private const int LargestCluster = 16;

    /// <summary>Largest bucket of each rule: one bucket for every tile that the rules know.</summary>
    public static EquatableArray<int> Steps { get; } = new(16, 64, 128, 512, 2048, int.MaxValue);

    /// <summary>Row scope for an epilogue, or null where the kernel must be split in front of the first whole-row step.</summary>
    public static RowScope? Scope(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch)
    {
        if (!epilogue.NeedsWholeRow)
            return RowScope.Partial;
        if (problem.N <= WidestTile)
            return RowScope.Tile;
        if (arch.HasClusters() && problem.N <= WidestTile * LargestCluster)
            return RowScope.Cluster;
        return null;
    }

    /// <summary>Tile for a bucket of this many tokens.</summary>
    public static TileConfig Tile(GemmProblem problem, RowScope scope, int bucketTokens) => scope switch
    {
        RowScope.Tile => WholeRowTile(problem, WidthAtLeast(problem.N), bucketTokens),
        RowScope.Cluster => WholeRowTile(problem, ClusterWidth(problem.N), bucketTokens),
        _ => PartialTile(problem, bucketTokens),
    };

    private static TileConfig PartialTile(GemmProblem problem, int tokens) => tokens switch
    {
        <= 16 => new(16, 64, Depth(problem, 2), 1, 4, 5),
        <= 64 => new(32, 64, Depth(problem, 2), 1, 4, 4),
        <= 512 => new(64, 64, Depth(problem, 1), 2, 2, 4),
        <= 2048 => new(64, 128, Depth(problem, 1), 2, 2, 4),
        _ => new(128, 128, Depth(problem, 1), 2, 4, 3),
    };

    private static TileConfig WholeRowTile(GemmProblem problem, int width, int tokens) => (width, tokens) switch
    {
        (<= 64, <= 128) => new(16, width, Depth(problem, 1), 1, 4, 4),
        (<= 64, _) => new(64, width, Depth(problem, 1), 2, 2, 4),
        (<= 128, <= 128) => new(16, width, Depth(problem, 1), 1, 4, 4),
        (<= 128, _) => new(64, width, Depth(problem, 1), 2, 4, 4),
        (_, <= 128) => new(16, width, Depth(problem, 1), 1, 8, 3),
        _ => new(64, width, Depth(problem, 1), 2, 4, 3),
    };

    /// <summary>Narrowest tile that a portable cluster of eight covers the row with; wider only where it must be.</summary>
    private static int ClusterWidth(int n)
    {
        foreach (int width in new[] { 64, 128, 256 })
        {
            if (n <= width * 8)
                return width;
        }

        return WidestTile;
    }

    private static int WidthAtLeast(int n) => n <= 64 ? 64 : n <= 128 ? 128 : 256;

    /// <summary>
    /// Inputs of one pipeline stage: rows of 64 bytes, or twice that for small tiles; at least the 64 inputs of a block of
    /// widened int4 weights (mc/weight_layout.cuh).
    /// </summary>
    private static int Depth(GemmProblem problem, int factor)
    {
        int inputs = factor * 64 * 8 / problem.ActivationBits;
        return problem.Family == GemmFamily.Float16Weight4 ? Math.Max(inputs, 64) : inputs;
    }
}
