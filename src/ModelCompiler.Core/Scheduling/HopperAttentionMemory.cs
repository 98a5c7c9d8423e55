using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Dynamic shared memory of a block of Hopper's attention, laid out as mc/hopper/attention_shared.cuh has it.</summary>
internal static class HopperAttentionMemory
{
    private const int PanelColumns = 64;
    private const int PanelRowBytes = 128;
    private const int BarrierBytes = 8;

    /// <summary>Bytes of a block.</summary>
    public static int Bytes(HopperAttentionKernel kernel)
    {
        HopperAttentionTile tile = kernel.Tile;
        bool measuresRange = kernel.Epilogue.RowRanges > 0, sumsCodes = kernel.Epilogue.RowSums > 0;
        int rowBytes = kernel.HeadSize / PanelColumns * PanelRowBytes;
        int staged = tile.Stages * tile.HeadsAtOnce;

        int queries = tile.HeadsPerBlock * tile.Queries * rowBytes;
        int keysAndValues = 2 * staged * tile.KeyTile * rowBytes;
        // Contexts of all turns but the last wait in shared memory for the range of their token; half of each lies where
        // its queries were.
        int contexts = measuresRange ? (tile.Turns - 1) * kernel.HeadSize / 4 * 128 * tile.WarpGroups * sizeof(float) : 0;
        int parts = kernel.BlocksPerTile * tile.HeadsAtOnce * tile.Queries;
        int exchanged = (measuresRange && !tile.AcrossGrid ? 2 * sizeof(float) * parts : 0) + (sumsCodes ? sizeof(int) * parts : 0);
        int barriers = BarrierBytes * (tile.HeadsPerBlock + 3 * staged + tile.WarpGroups + 2);
        int windows = 4 * tile.QueryGroups * 2 * sizeof(int);
        int ticket = tile.AcrossGrid ? 2 * sizeof(int) : 0;
        return queries + keysAndValues + contexts + exchanged + barriers + windows + ticket;
    }
}
