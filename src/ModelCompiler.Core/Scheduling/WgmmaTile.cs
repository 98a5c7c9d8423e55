namespace ModelCompiler.Core.Scheduling;

/// <summary>How the computing warp groups of a block share its tiles.</summary>
public enum WarpGroupSchedule
{
    /// <summary>Two compute half the rows of every tile each.</summary>
    Cooperative,

    /// <summary>Two take tiles in turn, so that the epilogue of one overlaps the products of the other.</summary>
    PingPong,

    /// <summary>Two pairs take tiles in turn, half the rows each.</summary>
    Pairs,

    /// <summary>Three take tiles in turn.</summary>
    Threes,

    /// <summary>Four take tiles in turn.</summary>
    Fours,
}

/// <summary>Where a block has its weights from.</summary>
public enum WeightFlow
{
    /// <summary>They come with the activations, stage by stage.</summary>
    Streamed,

    /// <summary>A block keeps those of its columns, all of K.</summary>
    Stationary,
}

/// <summary>How a block of the many-token GEMM cuts its work (mc/hopper/wgmma_tile.cuh).</summary>
/// <param name="M">Rows of a tile.</param>
/// <param name="N">Columns of a tile.</param>
/// <param name="Stages">Pipeline stages in shared memory, 128 bytes of K each.</param>
/// <param name="Schedule">How warp groups share tiles.</param>
/// <param name="RowBlocks">
/// Row blocks of a cluster, whose blocks with the same columns copy weights for one another; 1 where row blocks work alone.
/// </param>
/// <param name="Weights">Whether a stage holds weights too.</param>
public sealed record WgmmaTile(
    int M, int N, int Stages, WarpGroupSchedule Schedule, int RowBlocks = 1, WeightFlow Weights = WeightFlow.Streamed)
{
    /// <summary>Bytes of a row of an operand in a stage.</summary>
    internal const int StepBytes = 128;

    /// <summary>Steps of a product along K, of <see cref="StepBytes"/> of a row of weights: a byte a code, or FP16.</summary>
    internal static int Steps(GemmProblem problem) =>
        ((problem.K * (problem.Precision.Weights.IsQuantized ? 1 : sizeof(ushort))) + StepBytes - 1) / StepBytes;

    /// <summary>Warp groups that compute; one more copies.</summary>
    internal int Groups => Teams * GroupsOfTile;

    /// <summary>Threads of a block.</summary>
    public int Threads => 128 * (1 + Groups);

    /// <summary>Rows of a warp group.</summary>
    internal int GroupM => M / GroupsOfTile;

    /// <summary>Tiles under way at the same time.</summary>
    internal int Teams => Schedule switch
    {
        WarpGroupSchedule.Cooperative => 1,
        WarpGroupSchedule.Threes => 3,
        WarpGroupSchedule.Fours => 4,
        _ => 2,
    };

    /// <summary>True where a block keeps its weights.</summary>
    internal bool IsStationary => Weights == WeightFlow.Stationary;

    private int GroupsOfTile => Schedule is WarpGroupSchedule.Cooperative or WarpGroupSchedule.Pairs ? 2 : 1;

    /// <inheritdoc/>
    public override string ToString() => $"m{M}n{N}_s{Stages}_{ScheduleToken}{(IsStationary ? "_kept" : "")}{(RowBlocks > 1 ? $"_x{RowBlocks}" : "")}";

    private string ScheduleToken => Schedule switch
    {
        WarpGroupSchedule.Cooperative => "together",
        WarpGroupSchedule.PingPong => "pingpong",
        WarpGroupSchedule.Pairs => "pairs",
        WarpGroupSchedule.Threes => "threes",
        _ => "fours",
    };
}
