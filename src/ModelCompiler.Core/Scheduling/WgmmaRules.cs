using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of the many-token GEMM, the best first (bench/results: hopper_gemm_bench on an H100).</summary>
internal static class WgmmaRules
{
    /// <summary>Taller tiles than such that a bucket has so many row blocks leave multiprocessors idle.</summary>
    private const int RowBlocksOfABucket = 4;

    /// <summary>Rows of the lowest tile. Buckets of fewer tokens leave some of them idle, and have one row block, whose blocks read all weights.</summary>
    private const int LowestTile = 64;

    /// <summary>Of an H100 SXM, for which tiles are chosen; others have fewer.</summary>
    internal const int Multiprocessors = 132;

    /// <summary>Stages beyond these hide nothing more.</summary>
    private const int MostStages = 10;

    /// <summary>
    /// So many stages, if they divide the steps along K, are as good as more: then the compiler knows the stage of each step
    /// (mc/hopper/products.cuh).
    /// </summary>
    private const int EnoughStages = 6;

    /// <summary>Fewer stages beside stationary weights than these leave the tensor cores waiting for activations.</summary>
    private const int FewestBesideWeights = 4;

    /// <summary>Four groups have no registers for the parts of a row that more tiles tell, beside the exact GELU that codes of 8 bits follow.</summary>
    private const int MostPartsOfFours = 24;

    /// <summary>Blocks that keep their weights have read them for nothing where there are few rows.</summary>
    private const int SmallestStationaryBucket = 1024;

    /// <summary>Shared memory of the stages; the rest is left to what else a block keeps and to the blocks of the next kernel.</summary>
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
        new(64, 192, WarpGroupSchedule.PingPong, 2), new(64, 256, WarpGroupSchedule.PingPong, 2), new(128, 128, WarpGroupSchedule.PingPong, 2), new(128, 128, WarpGroupSchedule.Pairs, 2),
        new(64, 192, WarpGroupSchedule.PingPong, Weights: WeightFlow.Stationary), new(64, 192, WarpGroupSchedule.Threes, Weights: WeightFlow.Stationary),
        new(64, 96, WarpGroupSchedule.Threes, Weights: WeightFlow.Stationary), new(64, 96, WarpGroupSchedule.Fours, Weights: WeightFlow.Stationary),
        new(64, 128, WarpGroupSchedule.Threes, Weights: WeightFlow.Stationary), new(64, 128, WarpGroupSchedule.Fours, Weights: WeightFlow.Stationary),
    ];

    /// <summary>All kernels that can do the work in a bucket.</summary>
    public static IEnumerable<WgmmaGemmKernel> Kernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (arch != GpuArch.Sm90a)
            return [];
        return
            from scope in Scopes(problem, epilogue, bucketTokens)
            let kernels = s_shapes.Where(shape => SuitsBucket(shape, bucketTokens))
                .Select(shape => (Shape: shape, Kernel: Kernel(problem, epilogue, arch, scope, shape)))
                .Where(candidate => Suits(candidate.Kernel) && !ScheduleVerifier.VerifyIn(bucketTokens, candidate.Kernel).Any()).ToList()
            let best = Best(problem, epilogue, scope, bucketTokens).FirstOrDefault(shape => kernels.Any(candidate => candidate.Shape == shape))
            from candidate in kernels.OrderByDescending(candidate => candidate.Shape == best)
            select candidate.Kernel;
    }

    private static bool SuitsBucket(TileShape shape, int tokens) => shape.Weights == WeightFlow.Stationary
        ? tokens >= SmallestStationaryBucket
        : shape.M * shape.RowBlocks * RowBlocksOfABucket <= tokens || (shape.M == LowestTile && (shape.RowBlocks == 1 || tokens > LowestTile));

    /// <summary>
    /// Who shares rows, the best first. Where rows meet once, for a range, device memory leaves tiles and their number free. Where
    /// they meet twice, for layer norm too, the blocks of a cluster wait less, unless each block has one tile, or products of packed
    /// codes are fast enough for all multiprocessors to count.
    /// </summary>
    private static RowScope[] Scopes(GemmProblem problem, EpilogueSpec epilogue, int tokens)
    {
        if (!epilogue.NeedsWholeRow)
            return [RowScope.Partial];
        return epilogue.RowSums == 0 || problem.ReadsPackedCodes || (tokens > 512 && TileForEachBlock(problem, tokens) is not null)
            ? [RowScope.Grid, RowScope.Cluster, RowScope.Tile]
            : [RowScope.Cluster, RowScope.Tile, RowScope.Grid];
    }

    /// <summary>A tile that is to hold whole rows has no idle columns worth a block, and a cluster has more than one.</summary>
    private static bool Suits(WgmmaGemmKernel kernel)
    {
        if (kernel.Tile.IsStationary && (kernel.Tile.Stages < FewestBesideWeights || kernel.Problem.N % kernel.TileN != 0))
            return false;
        if (kernel.Tile is { Schedule: WarpGroupSchedule.Fours, N: 128 } && kernel.BlocksN > MostPartsOfFours && kernel.Epilogue.Ops.Any(op => op is EpilogueOp.Quantize { Format.Bits: 8 }))
            return false;
        return kernel.Scope switch
        {
            RowScope.Tile => kernel.TileN - kernel.Problem.N is >= 0 and < 64,
            RowScope.Cluster => kernel.BlocksN is > 1 and <= LargestCluster,
            _ => true,
        };
    }

    /// <summary>The best shapes, falling.</summary>
    private static IEnumerable<TileShape> Best(GemmProblem problem, EpilogueSpec epilogue, RowScope scope, int tokens) => scope switch
    {
        RowScope.Grid when problem.ReadsPackedCodes => BestOfPackedCodes(problem, tokens),
        RowScope.Grid when epilogue.RowSums > 0 => TileForEachBlock(problem, tokens) is { } shape ? [shape] : [],
        RowScope.Cluster => BestOfWholeRows(problem, tokens),
        RowScope.Tile => [],
        _ => tokens switch
        {
            <= LowestTile => [new(64, 64, WarpGroupSchedule.PingPong)],
            <= 2 * LowestTile when scope == RowScope.Partial => [new(64, 64, WarpGroupSchedule.PingPong)],
            <= 4 * LowestTile when scope == RowScope.Grid => [new(64, 96, WarpGroupSchedule.PingPong)],
            <= 512 => [new(64, 128, WarpGroupSchedule.PingPong)],
            >= SmallestStationaryBucket when scope == RowScope.Grid =>
            [
                new(64, 192, WarpGroupSchedule.Threes, Weights: WeightFlow.Stationary), new(64, 128, WarpGroupSchedule.Fours, Weights: WeightFlow.Stationary),
                new(128, 128, WarpGroupSchedule.Pairs),
            ],
            <= 2048 when TwoForEachMultiprocessor(problem, tokens) => [new(128, 96, WarpGroupSchedule.PingPong)],
            > 2048 => [new(64, 192, WarpGroupSchedule.PingPong, Weights: WeightFlow.Stationary), new(128, 128, WarpGroupSchedule.PingPong, tokens > 8192 ? 2 : 1)],
            _ => [new(128, 128, WarpGroupSchedule.PingPong)],
        },
    };

    /// <summary>
    /// Wide tiles take in the fewest bytes. From many rows on, tiles in turn hide each other's epilogues, and two row blocks share the
    /// weights.
    /// </summary>
    private static TileShape[] BestOfPackedCodes(GemmProblem problem, int tokens) =>
        problem.N % 192 != 0 ? [new(128, 256, WarpGroupSchedule.Cooperative)]
        : tokens > 8192 ? [new(64, 192, WarpGroupSchedule.PingPong, 2)]
        : [new(128, 192, WarpGroupSchedule.Cooperative)];

    /// <summary>
    /// Layer norm and code sums leave a thread registers for 96 sums at most, and one of four groups for fewer than 64. Others
    /// spill in the epilogue and are candidates that only a measurement takes.
    /// </summary>
    private static IEnumerable<TileShape> BestOfWholeRows(GemmProblem problem, int tokens)
    {
        int[] widths = [.. Widths(problem).Where(width => width <= 192)];
        int[] portable = [.. widths.Where(width => problem.N / width <= PortableCluster)];
        bool isWide = portable.Contains(192);
        if (tokens > 2048 && !isWide && portable.Contains(128))
            return TilesOf128Columns(problem);
        IEnumerable<int> preferred = tokens switch
        {
            <= LowestTile => widths,
            <= 512 => portable,
            <= 2048 => portable.Where(width => width <= 128 && problem.N / width >= 4).Reverse(),
            _ => Enumerable.Reverse(portable),
        };
        return preferred.Concat(Enumerable.Reverse(portable)).Concat(tokens <= 512 ? widths : Enumerable.Reverse(widths))
            .Select(width => new TileShape(64, width, WarpGroupSchedule.PingPong, RowBlocks(width))).Take(1);

        // Many blocks that read all weights for 64 rows each keep the L2 busy.
        int RowBlocks(int width) => tokens > 2048 && 2 * problem.N / width <= PortableCluster ? 2 : 1;
    }

    /// <summary>
    /// For clusters too large for wider tiles: three teams hide each other's epilogues where a block has room for its weights, and
    /// where no terms of asymmetric operands take their registers.
    /// </summary>
    private static IEnumerable<TileShape> TilesOf128Columns(GemmProblem problem)
    {
        if (problem.Precision is { Weights.Symmetry: Symmetry.Symmetric, Activations.Symmetry: Symmetry.Symmetric })
            yield return new(64, 128, WarpGroupSchedule.Threes, Weights: WeightFlow.Stationary);
        yield return new(128, 128, WarpGroupSchedule.Cooperative);
    }

    /// <summary>The narrowest tile that leaves each multiprocessor of an H100 SXM one at most, or null.</summary>
    private static TileShape? TileForEachBlock(GemmProblem problem, int tokens) => Widths(problem)
        .Where(width => (tokens + LowestTile - 1) / LowestTile * (problem.N / width) <= Multiprocessors)
        .Select(width => new TileShape(LowestTile, width, WarpGroupSchedule.PingPong)).FirstOrDefault();

    /// <summary>True where tiles of 128 x 96 are at most two for each multiprocessor of an H100 SXM.</summary>
    private static bool TwoForEachMultiprocessor(GemmProblem problem, int tokens) =>
        (tokens + 127) / 128 * ((problem.N + 95) / 96) <= 2 * Multiprocessors;

    /// <summary>Widths of the tiles that a cluster covers a row with, rising.</summary>
    private static IEnumerable<int> Widths(GemmProblem problem) => s_shapes.Select(shape => shape.N).Distinct()
        .Where(width => problem.N % width == 0 && problem.N / width is > 1 and <= LargestCluster).OrderBy(width => width);

    private static WgmmaGemmKernel Kernel(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, RowScope scope, TileShape shape)
    {
        var tile = new WgmmaTile(shape.M, shape.N, MostStages, shape.Schedule, shape.RowBlocks, shape.Weights);
        var kernel = new WgmmaGemmKernel(arch, problem, tile, scope, epilogue);
        int room = arch.MaxSharedBytes() - GemmSharedMemory.BytesBesideStages(kernel) - GemmSharedMemory.BarrierBytes * MostStages;
        int most = Math.Min(MostStages, (tile.IsStationary ? room : Math.Min(StageBudget, room)) / kernel.StageBytes);
        // Products of packed codes have no other form; their registers are given in pairs of blocks of 64 rows.
        int enough = problem.ReadsPackedCodes ? 2 : EnoughStages;
        int? whole = Enumerable.Range(enough, Math.Max(0, most - enough + 1)).Cast<int?>()
            .LastOrDefault(stages => kernel.Steps % stages == 0 && (!problem.ReadsPackedCodes || stages * tile.GroupM % 128 == 0));
        return kernel with { Tile = tile with { Stages = whole ?? most } };
    }

    private sealed record TileShape(int M, int N, WarpGroupSchedule Schedule, int RowBlocks = 1, WeightFlow Weights = WeightFlow.Streamed);
}
