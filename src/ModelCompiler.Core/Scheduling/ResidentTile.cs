namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// How a block of the few-token GEMM divides its tile among warps, along N and along K (mc/hopper/resident_tile.cuh).
/// </summary>
/// <param name="M">Rows of a block's tile.</param>
/// <param name="N">Columns of a block's tile.</param>
/// <param name="WarpsN">Warps along N.</param>
/// <param name="WarpsK">Warps that share columns and sum over different inputs.</param>
/// <param name="Chunks">Equal parts of K in which activations arrive.</param>
public sealed record ResidentTile(int M, int N, int WarpsN, int WarpsK, int Chunks)
{
    /// <summary>Threads of a block.</summary>
    public int Threads => 32 * WarpsN * WarpsK;

    /// <summary>Tiles of 16 x 8 outputs of a warp.</summary>
    internal int WarpTiles => BlocksM * ColumnGroups;

    /// <summary>Warps of a block that share a row in the epilogue: along N, and those among which columns are divided again.</summary>
    internal int RowWarps => WarpsN * (BlocksM % Owners == 0 ? 1 : Owners);

    /// <summary>Threads that run the epilogue.</summary>
    internal int EpilogueThreads => 32 * WarpsN * Owners;

    /// <summary>Groups of 8 columns that a warp owns in the epilogue.</summary>
    internal int OwnedColumns => ColumnGroups / (BlocksM % Owners == 0 ? 1 : Owners);

    private int BlocksM => M / 16;

    private int ColumnGroups => N / WarpsN / 8;

    /// <summary>Of the warps that share columns, those that own a part of the tile when the sums have met.</summary>
    private int Owners
    {
        get
        {
            int owners = WarpsK;
            while (BlocksM % owners != 0 && ColumnGroups % owners != 0)
                owners--;
            return owners;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"m{M}n{N}_w{WarpsN}x{WarpsK}_p{Chunks}";
}
