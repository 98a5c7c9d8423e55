namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the many-token GEMM, the best first (bench/results: hopper_gemm_bench on an H100).</summary>
internal static class WgmmaRules
{
    /// <summary>Smaller buckets do not fill one tile of the product's 64 rows.</summary>
    private const int SmallestBucket = 65;

    /// <summary>Taller tiles than such that a bucket has so many row blocks leave multiprocessors idle.</summary>
    private const int RowBlocksOfABucket = 4;

    private const int LowestTile = 64;

    /// <summary>Stages beyond these hide nothing more.</summary>
    private const int MostStages = 10;

    /// <summary>Shared memory of the stages; the rest is left to what a cluster exchanges and to the blocks of the next kernel.</summary>
    private const int StageBudget = 200 * 1024;

    /// <summary>Clusters of up to so many blocks find room everywhere on the chip.</summary>
    private const int PortableCluster = 8;

    private const int LargestCluster = 16;

    private static readonly TileShape[] s_shapes =
    [
        new(64, 64, WarpGroupSchedule.PingPong), new(64, 96, WarpGroupSchedule.PingPong), new(64, 128, WarpGroupSchedule.PingPong),
        new(64, 192, WarpGroupSchedule.PingPong), new(64, 256, WarpGroupSchedule.PingPong), new(128, 96, WarpGroupSchedule.PingPong),
        new(128, 128, WarpGroupSchedule.PingPong), new(128, 128, WarpGroupSchedule.Cooperative), new(128, 192, WarpGroupSchedule.Cooperative),
        new(128, 256, WarpGroupSchedule.Cooperative), new(256, 128, WarpGroupSchedule.Cooperative),
        new(128, 96, WarpGroupSchedule.Pairs), new(128, 128, WarpGroupSchedule.Pairs),
        new(64, 256, WarpGroupSchedule.PingPong, 2), new(128, 128, WarpGroupSchedule.PingPong, 2), new(128, 128, WarpGroupSchedule.Pairs, 2),
    ];

    /// <summary>All kernels that can do the work in a bucket.</summary>
    public static IEnumerable<WgmmaGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a || bucketTokens < SmallestBucket)
            return [];
        return
            from scope in Scopes(problem, epilogue)
            let best = Best(problem, scope, bucketTokens)
            from shape in s_shapes.Where(shape => shape.M * shape.RowBlocks * RowBlocksOfABucket <= bucketTokens || shape.M == LowestTile)
                .OrderByDescending(shape => shape == best)
            let kernel = new WgmmaGemmKernel(arch, problem, Tile(problem, scope, shape), scope, epilogue)
            where Suits(kernel) && !ScheduleVerifier.VerifyIn(bucketTokens, kernel).Any()
            select kernel;
    }

    /// <summary>Ranges meet in device memory, which leaves tiles free; sums over rows need a cluster, or a tile as wide as the rows.</summary>
    private static IEnumerable<RowScope> Scopes(GemmProblem problem, EpilogueSpec epilogue)
    {
        if (!epilogue.NeedsWholeRow)
            return [RowScope.Partial];
        return epilogue.RowSums == 0 ? [RowScope.Grid, RowScope.Cluster, RowScope.Tile] : [RowScope.Cluster, RowScope.Tile];
    }

    /// <summary>A tile that is to hold whole rows has no idle columns worth a block, and a cluster has more than one.</summary>
    private static bool Suits(WgmmaGemmKernel kernel) => kernel.Scope switch
    {
        RowScope.Tile => kernel.TileN - kernel.Problem.N is >= 0 and < 64,
        RowScope.Cluster => kernel.BlocksN is > 1 and <= LargestCluster,
        _ => true,
    };

    private static TileShape? Best(GemmProblem problem, RowScope scope, int tokens) => scope switch
    {
        RowScope.Cluster => BestOfWholeRows(problem, tokens),
        RowScope.Tile => null,
        _ => tokens switch
        {
            <= 512 => new(64, 128, WarpGroupSchedule.PingPong),
            <= 2048 when TwoForEachMultiprocessor(problem, tokens) => new(128, 96, WarpGroupSchedule.PingPong),
            > 2048 when scope == RowScope.Grid => new(128, 128, WarpGroupSchedule.Pairs),
            > 8192 => new(128, 128, WarpGroupSchedule.PingPong, 2),
            _ => new(128, 128, WarpGroupSchedule.PingPong),
        },
    };

    /// <summary>
    /// Layer norm and code sums leave a thread registers for 96 sums at most, and one of four groups for fewer than 64. Others
    /// spill in the epilogue and are candidates that only a measurement takes.
    /// </summary>
    private static TileShape? BestOfWholeRows(GemmProblem problem, int tokens)
    {
        int[] widths = [.. Widths(problem).Where(width => width <= 192)];
        int[] portable = [.. widths.Where(width => problem.N / width <= PortableCluster)];
        bool isWide = portable.Contains(192);
        if (tokens > 2048 && !isWide && portable.Contains(128))
            return new(128, 128, WarpGroupSchedule.Cooperative);
        IEnumerable<int> preferred = tokens switch
        {
            <= 512 => portable,
            <= 2048 => portable.Where(width => width <= 128 && problem.N / width >= 4).Reverse(),
            _ => Enumerable.Reverse(portable),
        };
        return preferred.Concat(Enumerable.Reverse(portable)).Concat(tokens <= 512 ? widths : Enumerable.Reverse(widths))
            .Select(width => new TileShape(64, width, WarpGroupSchedule.PingPong)).FirstOrDefault();
    }

    /// <summary>True where tiles of 128 x 96 are at most two for each multiprocessor of an H100 SXM.</summary>
    private static bool TwoForEachMultiprocessor(GemmProblem problem, int tokens) =>
        (tokens + 127) / 128 * ((problem.N + 95) / 96) <= 2 * 132;

    /// <summary>Widths of the tiles that a cluster covers a row with, rising.</summary>
    private static IEnumerable<int> Widths(GemmProblem problem) => s_shapes.Select(shape => shape.N).Distinct()
        .Where(width => problem.N % width == 0 && problem.N / width is > 1 and <= LargestCluster).OrderBy(width => width);

    private static WgmmaTile Tile(GemmProblem problem, RowScope scope, TileShape shape)
    {
        var tile = new WgmmaTile(shape.M, shape.N, MostStages, shape.Schedule, shape.RowBlocks);
        int exchanged = scope == RowScope.Cluster ? GemmSharedMemory.ExchangeBytes(tile, (problem.N + tile.N - 1) / tile.N) : 0;
        int room = Math.Min(StageBudget, GpuArch.Sm90a.MaxSharedBytes() - exchanged - GemmSharedMemory.BarrierBytes * MostStages);
        return tile with { Stages = Math.Min(MostStages, room / tile.StageBytes) };
    }

    private sealed record TileShape(int M, int N, WarpGroupSchedule Schedule, int RowBlocks = 1);
}
