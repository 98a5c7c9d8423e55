namespace ModelCompiler.Core.Scheduling;

/// <summary>How the two computing warp groups of a block share its tiles.</summary>
public enum WarpGroupSchedule
{
    /// <summary>Each computes half the rows of every tile.</summary>
    Cooperative,

    /// <summary>They take tiles in turn, so that the epilogue of one overlaps the products of the other.</summary>
    PingPong,
}

/// <summary>How a block of the many-token GEMM cuts its work (mc/hopper/wgmma_tile.cuh).</summary>
/// <param name="M">Rows of a tile.</param>
/// <param name="N">Columns of a tile.</param>
/// <param name="Stages">Pipeline stages in shared memory, 128 bytes of K of both operands each.</param>
/// <param name="Schedule">How warp groups share tiles.</param>
/// <param name="RowBlocks">
/// Blocks of a cluster along M, which copy weights for one another; 1 where blocks work alone or form a cluster along N.
/// </param>
public sealed record WgmmaTile(int M, int N, int Stages, WarpGroupSchedule Schedule, int RowBlocks = 1)
{
    /// <summary>Bytes of a row of an operand in a stage.</summary>
    internal const int StepBytes = 128;

    /// <summary>Warp groups that compute; one more copies.</summary>
    internal const int Groups = 2;

    /// <summary>Threads of a block.</summary>
    public int Threads => 128 * (1 + Groups);

    /// <summary>Rows of a warp group.</summary>
    internal int GroupM => Schedule == WarpGroupSchedule.Cooperative ? M / Groups : M;

    /// <summary>Bytes of a stage.</summary>
    internal int StageBytes => (M + N) * StepBytes;

    /// <inheritdoc/>
    public override string ToString() =>
        $"m{M}n{N}_s{Stages}_{(Schedule == WarpGroupSchedule.PingPong ? "pingpong" : "together")}{(RowBlocks > 1 ? $"_x{RowBlocks}" : "")}";
}
