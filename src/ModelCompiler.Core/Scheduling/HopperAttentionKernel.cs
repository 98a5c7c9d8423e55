using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Variable-length attention on <c>wgmma</c> and the copy engine (mc/hopper/attention.cuh).</summary>
/// <param name="Arch">Target.</param>
/// <param name="Heads">Heads of the model.</param>
/// <param name="HeadSize">Width of a head: 64 or 128.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Epilogue">A store or a quantize.</param>
public sealed record HopperAttentionKernel(GpuArch Arch, int Heads, int HeadSize, HopperAttentionTile Tile, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    private const int TicketBytes = 128;

    /// <summary>Blocks that share a query tile, each with some of the heads.</summary>
    public int BlocksPerTile => Heads / Tile.HeadsPerBlock;

    /// <summary>
    /// A token's range and code sum span all heads, so the blocks of a query tile are a cluster that exchanges them, where they
    /// do not meet in device memory.
    /// </summary>
    public override int ClusterSize => Epilogue.NeedsWholeRow && !Tile.AcrossGrid ? BlocksPerTile : 1;

    /// <summary>Tickets give out query tiles one after another, so that those of one tile are enough.</summary>
    public override int BlocksThatWait(int bucketTokens) => Tile.AcrossGrid ? BlocksPerTile : 0;

    /// <summary>A ticket in a line of its own, and a word for each part of a token's heads.</summary>
    public override int RendezvousBytes(int bucketTokens) =>
        Tile.AcrossGrid ? TicketBytes + SlotBytes(bucketTokens, BlocksPerTile * Tile.HeadsAtOnce) : 0;

    /// <summary>The last warp issues the copies.</summary>
    public override int Threads => 128 * Tile.WarpGroups + 32;

    /// <inheritdoc/>
    public override int SharedBytes => HopperAttentionMemory.Bytes(this);

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (CeilDiv(bucketTokens, Tile.Queries) * BlocksPerTile, 1);

    /// <inheritdoc/>
    internal override string TemplateName => "hopper_attention";

    /// <inheritdoc/>
    protected override string Subject => $"attention_h{Heads}x{HeadSize}";

    /// <inheritdoc/>
    internal override string ScheduleToken => $"wgmma_{Tile}";

    /// <inheritdoc/>
    protected override string Variant => $"_{ScheduleToken}";
}
