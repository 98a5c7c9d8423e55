namespace ModelCompiler.Core.Scheduling;

/// <summary>How a thread block cuts a GEMM: its tile, its warps, its pipeline.</summary>
/// <param name="M">Rows of a block's tile.</param>
/// <param name="N">Columns of a block's tile.</param>
/// <param name="K">Depth of one pipeline stage, in elements.</param>
/// <param name="WarpsM">Warps along M.</param>
/// <param name="WarpsN">Warps along N.</param>
/// <param name="Stages">Pipeline stages in shared memory.</param>
public sealed record TileConfig(int M, int N, int K, int WarpsM, int WarpsN, int Stages)
{
    /// <summary>Threads of a block.</summary>
    public int Threads => 32 * WarpsM * WarpsN;

    /// <summary>Accumulators that each thread keeps in registers.</summary>
    public int AccumulatorsPerThread => M * N / Threads;

    /// <inheritdoc/>
    public override string ToString() => $"m{M}n{N}k{K}_w{WarpsM}x{WarpsN}_s{Stages}";
}

/// <summary>Who holds one whole row of the output when the epilogue starts. Layer norm and per-token quantization need it.</summary>
public enum RowScope
{
    /// <summary>Nobody: blocks share rows, and only element-wise steps follow.</summary>
    Partial,

    /// <summary>One block: its tile is at least as wide as the output.</summary>
    Tile,

    /// <summary>A thread-block cluster along N, which exchanges row statistics through distributed shared memory.</summary>
    Cluster,

    /// <summary>All blocks of the grid that share the rows: they run at the same time and meet in device memory.</summary>
    Grid,
}
