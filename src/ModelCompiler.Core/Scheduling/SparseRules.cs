using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the GEMM for 2:4 sparse weights, the best first (bench/results: sparse_gemm_bench on an H100).</summary>
internal static class SparseRules
{
    /// <summary>Fewer tokens leave multiprocessors without one of these tiles.</summary>
    private const int SmallestBucket = 1024;

    /// <summary>Stages beyond these hide nothing more.</summary>
    private const int MostStages = 8;

    /// <summary>A warp group's metadata overlap from two stages on.</summary>
    private const int FewestStages = 3;

    /// <summary>Clusters of up to so many blocks find room everywhere on the chip.</summary>
    private const int PortableCluster = 8;

    /// <summary>Clusters that copy tokens for one another, the best first.</summary>
    private static readonly int[] s_outputBlocks = [2, 3, 1];

    /// <summary>Without whole rows a thread has registers for all sums of the widest product.</summary>
    private static readonly TileShape[] s_shapes = [new(192, 1, 2), new(192, 2, 1), new(176, 1, 2), new(128, 1, 2)];

    /// <summary>Whole rows cost registers.</summary>
    private static readonly TileShape[] s_shapesOfRows =
        [new(160, 1, 2), new(128, 1, 2), new(160, 2, 1), new(96, 1, 2), new(128, 2, 1)];

    /// <summary>True where these kernels are measured to be ahead of those that multiply the zeros.</summary>
    public static bool Lead(int bucketTokens) => bucketTokens >= 4096;

    /// <summary>All kernels that can do the work in a bucket.</summary>
    public static IEnumerable<SparseGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || problem.Precision.Weights.Sparsity != Sparsity.TwoOfFour || bucketTokens < SmallestBucket)
            return [];
        return
            from scope in Scopes(epilogue)
            from shape in epilogue.NeedsWholeRow ? s_shapesOfRows : s_shapes
            from outputBlocks in scope == RowScope.Cluster ? [1] : s_outputBlocks
            let kernel = Kernel(problem, epilogue, arch, scope, shape, outputBlocks)
            where Suits(kernel) && !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any()
            select kernel;
    }

    /// <summary>Ranges meet in device memory; sums over rows need a cluster.</summary>
    private static IEnumerable<RowScope> Scopes(EpilogueSpec epilogue)
    {
        if (!epilogue.NeedsWholeRow)
            return [RowScope.Partial];
        return epilogue.RowSums == 0 ? [RowScope.Grid, RowScope.Cluster] : [RowScope.Cluster];
    }

    /// <summary>A cluster that spans rows has more than one block, and a pipeline some depth.</summary>
    private static bool Suits(SparseGemmKernel kernel) =>
        kernel.Tile.Stages >= FewestStages && (kernel.Scope != RowScope.Cluster || kernel.BlocksN is > 1 and <= PortableCluster);

    private static SparseGemmKernel Kernel(
        GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, RowScope scope, TileShape shape, int outputBlocks)
    {
        var tile = new SparseTile(shape.Tokens, shape.Groups, shape.Teams, Stages: 0, outputBlocks);
        var kernel = new SparseGemmKernel(arch, problem, tile, scope, epilogue);
        int room = arch.MaxSharedBytes() - kernel.SharedBytes;
        return kernel with { Tile = tile with { Stages = Math.Min(MostStages, room / (tile.StageBytes + GemmSharedMemory.BarrierBytes)) } };
    }

    private sealed record TileShape(int Tokens, int Groups, int Teams);
}
