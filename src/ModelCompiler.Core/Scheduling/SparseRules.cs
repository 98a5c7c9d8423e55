using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the GEMM for 2:4 sparse weights, the best first (bench/results: sparse_gemm_bench on an H100).</summary>
internal static class SparseRules
{
    /// <summary>Fewer tokens leave multiprocessors without one of these tiles.</summary>
    private const int SmallestBucket = 1024;

    /// <summary>The smallest bucket that was measured to be faster without the zeros.</summary>
    private const int SmallestLead = 4096;

    /// <summary>Fewer stages beside stationary weights than these leave the tensor cores waiting for activations.</summary>
    private const int FewestBesideWeights = 4;

    /// <summary>Stages beyond these hide nothing more.</summary>
    private const int MostStages = 8;

    /// <summary>More than so many gain little.</summary>
    private const int EnoughStages = 4;

    /// <summary>Two are read while the products of pieces overlap; one more is being filled.</summary>
    private const int FewestStages = 3;

    /// <summary>Clusters of up to so many blocks find room everywhere on the chip.</summary>
    private const int PortableCluster = 8;

    /// <summary>Clusters that copy tokens for one another, the best first. Others than of two leave multiprocessors idle.</summary>
    private static readonly int[] s_outputBlocks = [2, 1];

    /// <summary>The best first. Without whole rows a thread has registers for the sums of the widest product.</summary>
    private static readonly TileShape[] s_shapes =
    [
        new(192, 1, 2), new(160, 1, 2), new(128, 1, 2), new(160, 2, 1), new(192, 2, 1), new(128, 2, 1),
        new(160, 1, 2, Weights: WeightFlow.Stationary), new(64, 2, 2, Weights: WeightFlow.Stationary),
    ];

    /// <summary>Whole rows cost registers: what spills is a candidate that only a measurement takes.</summary>
    private static readonly TileShape[] s_shapesOfRows =
    [
        new(128, 2, 1), new(112, 2, 1), new(96, 2, 1, MaySpill: true), new(144, 2, 1, MaySpill: true), new(128, 1, 2, MaySpill: true),
        new(96, 1, 2, MaySpill: true), new(80, 3, 1, MaySpill: true), new(64, 2, 2, MaySpill: true),
        new(64, 2, 2, MaySpill: true, WeightFlow.Stationary), new(48, 2, 2, MaySpill: true, WeightFlow.Stationary),
    ];

    /// <summary>
    /// True where these kernels are measured to be ahead of those that multiply the zeros: behind epilogues with whole rows, which
    /// take longer than the products that they save, they are not.
    /// </summary>
    public static bool Lead(EpilogueSpec epilogue, int bucketTokens) => bucketTokens >= SmallestLead && !epilogue.NeedsWholeRow;

    /// <summary>All kernels that can do the work in a bucket.</summary>
    public static IEnumerable<SparseGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || problem.Precision.Weights.Sparsity != Sparsity.TwoOfFour || bucketTokens < SmallestBucket)
            return [];
        return
            from scope in Scopes(epilogue)
            from shape in Shapes(problem, epilogue, scope, bucketTokens)
            from outputBlocks in scope == RowScope.Cluster ? [1] : s_outputBlocks
            let kernel = Kernel(problem, epilogue, arch, scope, shape, outputBlocks)
            where Suits(kernel) && !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any()
            select kernel;
    }

    /// <summary>
    /// Those that may spill come last; the terms of asymmetric activations cost registers too. Clusters that span rows are few, so
    /// that of the others those come first whose last round is the fullest.
    /// </summary>
    private static IEnumerable<TileShape> Shapes(GemmProblem problem, EpilogueSpec epilogue, RowScope scope, int tokens)
    {
        bool isSymmetric = problem.Precision.Activations.Symmetry == Symmetry.Symmetric;
        if (!epilogue.NeedsWholeRow)
            return s_shapes.OrderBy(shape => !isSymmetric && shape.Tokens > 160);
        return s_shapesOfRows.OrderBy(shape => shape.MaySpill || (!isSymmetric && shape.Tokens > 112))
            .ThenBy(shape => scope == RowScope.Cluster ? TokensOfACluster(problem, shape, tokens) : 0);
    }

    /// <summary>Tokens that a cluster multiplies, tile after tile. Clusters of more than two blocks have no room on a tenth of the chip.</summary>
    private static int TokensOfACluster(GemmProblem problem, TileShape shape, int tokens)
    {
        int blocks = CeilDiv(problem.N, SparseTile.GroupOutputs * shape.Groups);
        int clusters = WgmmaRules.Multiprocessors * (blocks > 2 ? 9 : 10) / (10 * blocks);
        return CeilDiv(CeilDiv(tokens, shape.Tokens), clusters) * shape.Tokens;
    }

    private static int CeilDiv(int value, int divisor) => (value + divisor - 1) / divisor;

    /// <summary>Ranges meet in device memory; sums over rows need a cluster.</summary>
    private static IEnumerable<RowScope> Scopes(EpilogueSpec epilogue)
    {
        if (!epilogue.NeedsWholeRow)
            return [RowScope.Partial];
        return epilogue.RowSums == 0 ? [RowScope.Grid, RowScope.Cluster] : [RowScope.Cluster];
    }

    /// <summary>A pipeline has some depth; a cluster that spans rows finds room.</summary>
    private static bool Suits(SparseGemmKernel kernel) =>
        kernel.Tile.Stages >= (kernel.Tile.IsStationary ? FewestBesideWeights : FewestStages) && (kernel.Scope != RowScope.Cluster || kernel.BlocksN <= PortableCluster);

    private static SparseGemmKernel Kernel(
        GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, RowScope scope, TileShape shape, int outputBlocks)
    {
        var tile = new SparseTile(shape.Tokens, shape.Groups, shape.Teams, Stages: 0, outputBlocks, shape.Weights);
        var kernel = new SparseGemmKernel(arch, problem, tile, scope, epilogue);
        int room = arch.MaxSharedBytes() - kernel.SharedBytes;
        int most = Math.Min(MostStages, room / (tile.StageBytes + GemmSharedMemory.BarrierBytes));
        // Where a tile goes round the stages a whole number of times, their numbers are constants and take no registers.
        int pieces = CeilDiv(problem.K, SparseTile.PieceInputs);
        int? whole = Enumerable.Range(EnoughStages, Math.Max(0, most - EnoughStages + 1)).Cast<int?>().LastOrDefault(stages => pieces % stages == 0);
        return kernel with { Tile = tile with { Stages = whole ?? most } };
    }

    private sealed record TileShape(int Tokens, int Groups, int Teams, bool MaySpill = false, WeightFlow Weights = WeightFlow.Streamed);
}
