namespace ModelCompiler.Core.Scheduling;

/// <summary>In which order a kernel wants its weights in device memory. Made when weights are loaded.</summary>
public enum WeightOrder
{
    /// <summary>A thread's operand fragment is one 16-byte read (mc/weight_layout.cuh).</summary>
    Fragments,

    /// <summary>128 bytes of every row after the other, int4 codes widened to bytes, swizzled (mc/hopper/weight_tiles.cuh).</summary>
    SwizzledRows,

    /// <summary>The same with the inputs of each step in the order in which packed activations are widened (mc/hopper/packed_activations.cuh).</summary>
    SwizzledRowsOfNibbles,

    /// <summary>Two of four codes and where they belong, for 2:4 sparse weights (mc/hopper/sparse_weights.cuh).</summary>
    SparseRows,
}

/// <summary>A matrix product with fused epilogue: one of the four linear parts of a layer.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Scope">Who shares whole rows.</param>
/// <param name="Epilogue">Fused steps.</param>
public abstract record LinearKernel(GpuArch Arch, GemmProblem Problem, RowScope Scope, EpilogueSpec Epilogue) : KernelPlan(Arch, Epilogue)
{
    /// <summary>Rows of a block's tile.</summary>
    public abstract int TileM { get; }

    /// <summary>Columns of a block's tile.</summary>
    public abstract int TileN { get; }

    /// <summary>Order in which the kernel reads its weights.</summary>
    public abstract WeightOrder WeightOrder { get; }

    /// <inheritdoc/>
    public override (GemmProblem Problem, WeightOrder Order)? WeightsRead() => (Problem, WeightOrder);

    /// <summary>True where activations are fetched through a tensor map.</summary>
    public virtual bool HasActivationMap => false;

    /// <summary>Rows of a box of that map.</summary>
    public virtual int ActivationBoxRows() => TileM;

    /// <summary>Bytes of a row of such a box. Those of 128 bytes are swizzled.</summary>
    public virtual int ActivationBoxBytes() => 128;

    /// <summary>How the product is cut, as the kernel's name says it. Tells candidates of one problem apart.</summary>
    public abstract string Schedule { get; }

    /// <inheritdoc/>
    internal override string ScheduleToken => Schedule;

    /// <summary>Last part of <see cref="Schedule"/>: who shares whole rows.</summary>
    protected string ScopeToken => Scope switch
    {
        RowScope.Cluster => $"_c{ClusterSize}",
        RowScope.Grid => "_grid",
        _ => "",
    };

    /// <summary>Blocks along N.</summary>
    public int BlocksN => CeilDiv(Problem.N, TileN);

    /// <inheritdoc/>
    public override int ClusterSize => Scope == RowScope.Cluster ? BlocksN : 1;

    /// <summary>
    /// Where blocks of the grid share rows: for each row and exchange, what each block's part of it is
    /// (mc/hopper/row_slots.cuh).
    /// </summary>
    public override int RendezvousBytes(int bucketTokens) =>
        Scope == RowScope.Grid ? SlotBytes(bucketTokens, Epilogue.Exchanges * Epilogue.ExchangedWords * BlocksN) : 0;

    /// <inheritdoc/>
    protected override string Subject => $"gemm_{Problem.Token}";

    /// <inheritdoc/>
    protected override string Variant => $"_{Schedule}";
}
