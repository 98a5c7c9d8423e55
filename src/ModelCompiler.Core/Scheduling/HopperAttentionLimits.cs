namespace ModelCompiler.Core.Scheduling;

/// <summary>What Hopper's attention can do: what mc/hopper/attention.cuh and its configuration assert.</summary>
internal static class HopperAttentionLimits
{
    /// <summary>Heads of 64 and key tiles of 64 leave a thread with 96 registers, anything larger with 168.</summary>
    private const int WarpsOfSmallTiles = 20, WarpsOfLargeTiles = 12;

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(HopperAttentionKernel kernel)
    {
        HopperAttentionTile tile = kernel.Tile;
        bool small = kernel.HeadSize == 64 && tile.KeyTile == 64;
        yield return new("columns of a head beyond 64 or 128", 0, kernel.HeadSize is 64 or 128 ? 0 : kernel.HeadSize);
        yield return new("ranges across a grid that are not of one magnitude", 0, tile.AcrossGrid && !IsOfMagnitudes(kernel.Epilogue) ? 1 : 0);
        yield return new("heads beyond equal shares of blocks", 0, kernel.Heads % tile.HeadsPerBlock);
        yield return new("warps of a block that its registers are enough for", small ? WarpsOfSmallTiles : WarpsOfLargeTiles, kernel.Threads / 32);
    }

    /// <summary>A symmetric format with dynamic scales asks for nothing else.</summary>
    private static bool IsOfMagnitudes(EpilogueSpec epilogue) => epilogue.RowRanges > 0 && epilogue.RowSums == 0;
}
