namespace ModelCompiler.Core.Scheduling;

/// <summary>How Hopper's attention is cut (mc/hopper/attention_config.cuh).</summary>
/// <param name="QueryGroups">Groups of 64 queries of a block; those on one head share its keys and values.</param>
/// <param name="HeadsAtOnce">Heads of a block that are computed at the same time, a warp group for each query group.</param>
/// <param name="Turns">Times that many heads of a block, one after the other.</param>
/// <param name="KeyTile">Keys of one step of the softmax.</param>
/// <param name="Stages">Key tiles in flight.</param>
/// <param name="AcrossGrid">The blocks of a query tile find a token's range in device memory, not as a cluster.</param>
public sealed record HopperAttentionTile(int QueryGroups, int HeadsAtOnce, int Turns, int KeyTile, int Stages, bool AcrossGrid = false)
{
    /// <summary>Query tokens of a block.</summary>
    public int Queries => 64 * QueryGroups;

    /// <summary>Heads of a block.</summary>
    public int HeadsPerBlock => HeadsAtOnce * Turns;

    /// <summary>Warp groups that compute.</summary>
    internal int WarpGroups => QueryGroups * HeadsAtOnce;

    /// <inheritdoc/>
    public override string ToString() => $"q{Queries}h{HeadsAtOnce}x{Turns}_k{KeyTile}_s{Stages}{(AcrossGrid ? "_grid" : "")}";
}
