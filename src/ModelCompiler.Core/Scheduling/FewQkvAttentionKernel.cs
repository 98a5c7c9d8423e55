namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// The QKV projection and the attention of few tokens in one kernel on Hopper, which stores fp32 values and the parts of their
/// ranges, so that no head waits for another (mc/hopper/few_qkv_attention.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Heads">Heads of the model.</param>
/// <param name="Problem">The projection.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Epilogue">That of the attention: stores of values and the parts of their ranges.</param>
public sealed record FewQkvAttentionKernel(GpuArch Arch, int Heads, GemmProblem Problem, FewQkvAttentionTile Tile, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Width of a head, the only one there is.</summary>
    public const int HeadSize = 64;

    /// <summary>Warps that attend, each with a quarter of a head's columns, whose range it tells.</summary>
    internal const int AttendingWarps = 4;

    /// <summary>Bytes of a head's row of queries, keys or values in shared memory: two panels, each with what spreads rows over the banks.</summary>
    private const int RowBytes = (sizeof(ushort) * HeadSize) + (2 * 16);

    /// <summary>Parts of each row's range that it stores.</summary>
    public int RangeParts => AttendingWarps * Heads;

    /// <inheritdoc/>
    public override int Threads => Tile.Block.Threads;

    /// <summary>A block's operands, the queries of a token tile, all keys and values, two barriers.</summary>
    public override int SharedBytes =>
        GemmSharedMemory.ResidentOperands(Problem, Tile.Block) + (RowBytes * (FewQkvAttentionTile.M + (2 * Tile.Keys))) + 16;

    /// <inheritdoc/>
    public override int ClusterSize => Tile.Ranks;

    /// <inheritdoc/>
    internal override int Ops => 2;

    /// <summary>Order in which it reads the projection's weights.</summary>
    public WeightOrder WeightOrder => WeightOrder.Fragments;

    /// <inheritdoc/>
    public override (GemmProblem Problem, WeightOrder Order)? WeightsRead() => (Problem, WeightOrder);

    /// <summary>A cluster for each head, whatever part of the bucket a batch fills.</summary>
    public override (int X, int Y) Grid(int bucketTokens) => (Tile.Ranks, Heads);

    /// <inheritdoc/>
    internal override string TemplateName => "few_qkv_attention";

    /// <inheritdoc/>
    internal override string ScheduleToken => $"few_{Tile}";

    /// <inheritdoc/>
    protected override string Subject => $"qkv_attention_{Problem.Precision}_h{Heads}x{HeadSize}_k{Problem.K}";

    /// <inheritdoc/>
    protected override string Variant => $"_{ScheduleToken}";
}
