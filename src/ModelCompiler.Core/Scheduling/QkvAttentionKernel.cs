namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// The QKV projection and the attention of whole sequences in one kernel on Hopper, for batches whose sequences fill tiles of
/// <see cref="QkvAttentionTile.Tokens"/> tokens: queries, keys and values never lie in device memory (mc/hopper/qkv_attention.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Heads">Heads of the model.</param>
/// <param name="Problem">The projection.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Epilogue">That of the attention: a quantize.</param>
public sealed record QkvAttentionKernel(GpuArch Arch, int Heads, GemmProblem Problem, QkvAttentionTile Tile, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Width of a head, the only one there is.</summary>
    public const int HeadSize = 64;

    /// <summary>Its template.</summary>
    internal const string Kind = "qkv_attention";

    /// <summary>Q, K and V of a tile, FP16.</summary>
    private const int MatrixBytes = sizeof(ushort) * QkvAttentionTile.Tokens * QkvAttentionTile.HeadColumns;

    /// <summary>Two warp groups project, a warp of which copies, and two attend.</summary>
    public override int Threads => 512;

    /// <inheritdoc/>
    public override int SharedBytes =>
        MatrixBytes + (Tile.Stages * (Tile.StageBytes + GemmSharedMemory.BarrierBytes))
        + (Tile.IsStationary ? GemmSharedMemory.KeptWeights(Steps, WgmmaTile.StepBytes * QkvAttentionTile.HeadColumns) : 0)
        + 32 + (8 * QkvAttentionTile.HeadColumns);

    /// <inheritdoc/>
    public override int ClusterSize => Tile.SharedTiles;

    /// <inheritdoc/>
    internal override int Ops => 2;

    /// <inheritdoc/>
    public override bool IsPersistent => true;

    /// <summary>Order in which it reads the projection's weights.</summary>
    public WeightOrder WeightOrder => WeightOrder.SwizzledRows;

    /// <inheritdoc/>
    public override (GemmProblem Problem, WeightOrder Order)? WeightsRead() => (Problem, WeightOrder);

    /// <summary>Steps of 128 bytes along the inputs.</summary>
    internal int Steps => WgmmaTile.Steps(Problem);

    /// <summary>A block for each head of as many token tiles as a full bucket of long sequences has.</summary>
    public override (int X, int Y) Grid(int bucketTokens) =>
        (Heads * Tile.SharedTiles * CeilDiv(bucketTokens, QkvAttentionTile.Tokens * Tile.SharedTiles), 1);

    /// <summary>The heads of a token find its range together.</summary>
    public override int BlocksThatWait(int bucketTokens) => Heads * Tile.SharedTiles;

    /// <summary>A word for each head of a token.</summary>
    public override int RendezvousBytes(int bucketTokens) => Epilogue.RowRanges > 0 ? SlotBytes(bucketTokens, Heads) : 0;

    /// <inheritdoc/>
    internal override string TemplateName => Kind;

    /// <inheritdoc/>
    internal override string ScheduleToken => $"wgmma_{Tile}";

    /// <inheritdoc/>
    protected override string Subject => $"qkv_attention_{Problem.Precision}_h{Heads}x{HeadSize}_k{Problem.K}";

    /// <inheritdoc/>
    protected override string Variant => $"_{ScheduleToken}";
}
