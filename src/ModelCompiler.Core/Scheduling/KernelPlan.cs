using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Everything that decides a kernel's text: problem, tile, epilogue, architecture. Buffers, weights and the token count
/// are launch arguments, so equal plans share one kernel.
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="Epilogue">Fused steps.</param>
public abstract record KernelPlan(GpuArch Arch, EpilogueSpec Epilogue)
{
    private const int SlotRun = 32;

    /// <summary>Entry point; unique among the kernels of one compiler version, and readable.</summary>
    public string Name => $"{Subject}_{Epilogue.Name}{Variant}_{Arch.Name()}";

    /// <summary>Threads of a block.</summary>
    public abstract int Threads { get; }

    /// <summary>Dynamic shared memory of a block in bytes.</summary>
    public abstract int SharedBytes { get; }

    /// <summary>Ops of the plan, one after another, that one launch does.</summary>
    internal virtual int Ops => 1;

    /// <summary>The product whose weights it reads, of the first op that it does, and their order; null where it multiplies by none.</summary>
    public virtual (GemmProblem Problem, WeightOrder Order)? WeightsRead() => null;

    /// <summary>Blocks of a cluster along N; 1 where blocks work alone.</summary>
    public virtual int ClusterSize => 1;

    /// <summary>Blocks launched for a bucket of this many tokens.</summary>
    public abstract (int X, int Y) Grid(int bucketTokens);

    /// <summary>
    /// True where blocks take one tile after the other, so that no more of them are launched than the chip runs at a time:
    /// <see cref="Grid"/> is then the most that has work.
    /// </summary>
    public virtual bool IsPersistent => false;

    /// <summary>
    /// Blocks that must run at the same time, because they wait for one another in device memory; 0 where none waits.
    /// </summary>
    public virtual int BlocksThatWait(int bucketTokens) => 0;

    /// <summary>
    /// Bytes of device memory, zero when the graph starts, in which the blocks of one launch meet; 0 where they need none.
    /// </summary>
    public virtual int RendezvousBytes(int bucketTokens) => 0;

    /// <summary>The template that its text is made from, and so the kind of the kernel: <c>templates/cuda/NAME.cu.hbs</c>.</summary>
    internal abstract string TemplateName { get; }

    /// <summary>How the work is cut: tells candidates of one work apart. Empty where there is one way only.</summary>
    internal virtual string ScheduleToken => "";

    /// <summary>First part of the name: what is computed.</summary>
    protected abstract string Subject { get; }

    /// <summary>Last part of the name: how; empty or with a leading underscore.</summary>
    protected virtual string Variant => "";

    /// <summary>Bytes of the slots of so many rows, which lie in runs of at most <see cref="SlotRun"/> rows (mc/hopper/row_slots.cuh).</summary>
    protected static int SlotBytes(int rows, int wordsOfRow) => CeilDiv(rows, SlotRun) * SlotRun * wordsOfRow * sizeof(uint);

    /// <summary>Integer division that rounds up.</summary>
    protected static int CeilDiv(int value, int divisor) => (value + divisor - 1) / divisor;
}

/// <summary>
/// How token rows are dealt to blocks, as <c>mc::DefaultRowLaunch</c> does: short rows a warp each and four a block,
/// longer ones a block each with eight features a thread.
/// </summary>
/// <param name="Threads">Threads of a block.</param>
/// <param name="RowsPerBlock">Rows of a block.</param>
public readonly record struct RowLaunch(int Threads, int RowsPerBlock)
{
    /// <summary>The deal for rows of this length.</summary>
    public static RowLaunch For(int columns) => columns <= 1024 ? new(128, 4) : new((columns / 8 + 31) / 32 * 32, 1);
}

/// <summary>Finishes rows that a split kernel left as fp32 in scratch: layer norm, store, quantize.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Columns">Row length.</param>
/// <param name="Epilogue">The remaining steps.</param>
public sealed record RowsKernel(GpuArch Arch, int Columns, EpilogueSpec Epilogue) : KernelPlan(Arch, Epilogue)
{
    /// <inheritdoc/>
    public override int Threads => RowLaunch.For(Columns).Threads;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (CeilDiv(bucketTokens, RowLaunch.For(Columns).RowsPerBlock), 1);

    /// <inheritdoc/>
    internal override string TemplateName => "rows";

    /// <inheritdoc/>
    protected override string Subject => $"rows_n{Columns}";
}

/// <summary>Gathers word, position and token type rows.</summary>
/// <param name="Arch">Target.</param>
/// <param name="HiddenSize">Row length.</param>
/// <param name="PositionOffset">Position table row of a sequence's first token.</param>
/// <param name="HasTokenTypes">Adds a token type row.</param>
/// <param name="Epilogue">Layer norm, store, quantize.</param>
public sealed record EmbeddingKernel(GpuArch Arch, int HiddenSize, int PositionOffset, bool HasTokenTypes, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <inheritdoc/>
    public override int Threads => RowLaunch.For(HiddenSize).Threads;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (CeilDiv(bucketTokens, RowLaunch.For(HiddenSize).RowsPerBlock), 1);

    /// <inheritdoc/>
    internal override string TemplateName => "embedding";

    /// <inheritdoc/>
    protected override string Subject => $"embedding_n{HiddenSize}_p{PositionOffset}{(HasTokenTypes ? "_types" : "")}";
}

/// <summary>One row per sequence: its first token or the mean of its tokens.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Columns">Row length.</param>
/// <param name="Kind">First token or mean.</param>
/// <param name="Normalize">Divide by the Euclidean length.</param>
/// <param name="Epilogue">A store.</param>
public sealed record PoolKernel(GpuArch Arch, int Columns, PoolKind Kind, bool Normalize, EpilogueSpec Epilogue) : KernelPlan(Arch, Epilogue)
{
    /// <summary>
    /// Blocks take sequences in turn: a bucket has far fewer sequences than the most that it has room for, and a block that
    /// finds nothing to do takes time too.
    /// </summary>
    private const int MostBlocks = 512;

    /// <inheritdoc/>
    public override int Threads
    {
        get
        {
            int columnThreads = CeilDiv(Columns / 8, 32) * 32;
            return Kind == PoolKind.First ? columnThreads : 512 / columnThreads * columnThreads;
        }
    }

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (Math.Min(Spec.ShapeSet.MaxSequences(bucketTokens), MostBlocks), 1);

    /// <inheritdoc/>
    internal override string TemplateName => "pool";

    /// <inheritdoc/>
    protected override string Subject => $"pool_{(Kind == PoolKind.First ? "first" : "mean")}{(Normalize ? "_l2" : "")}_n{Columns}";
}

/// <summary>A small FP16 dense layer of a head.</summary>
/// <param name="Arch">Target.</param>
/// <param name="N">Output features.</param>
/// <param name="K">Input features.</param>
/// <param name="Rows">Row domain.</param>
/// <param name="Epilogue">Bias, activation, store.</param>
/// <param name="PicksFirstTokens">It reads the first token of each sequence from token rows, so that no kernel ahead gathers them.</param>
public sealed record DenseKernel(GpuArch Arch, int N, int K, RowDomain Rows, EpilogueSpec Epilogue, bool PicksFirstTokens = false)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Output features of a block.</summary>
    public const int FeaturesPerBlock = 16;

    /// <summary>Rows of a block at a time: each read of the weights serves so many.</summary>
    public const int RowsPerBlock = 16;

    /// <summary>Blocks that a multiprocessor has registers for at a time.</summary>
    internal int BlocksPerMultiprocessor => K <= 768 ? 3 : 2;

    /// <summary>
    /// Blocks take rows in turn, as in <see cref="PoolKernel"/>. So many an H100 runs at a time; any that came later would find its
    /// weights late.
    /// </summary>
    private int MostBlocks => WgmmaRules.Multiprocessors * BlocksPerMultiprocessor;

    /// <summary>Tokens of a sequence for which there are blocks enough: of shorter ones there are more, and some are taken in turn.</summary>
    private const int ShortSequence = 32;

    /// <inheritdoc/>
    public override int Threads => 256;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens)
    {
        int columns = CeilDiv(N, FeaturesPerBlock), rows = Rows == RowDomain.Tokens ? bucketTokens : CeilDiv(bucketTokens, ShortSequence);
        return (columns, Math.Min(CeilDiv(rows, RowsPerBlock), Math.Max(1, MostBlocks / columns)));
    }

    /// <inheritdoc/>
    internal override string TemplateName => "dense";

    /// <inheritdoc/>
    internal override int Ops => PicksFirstTokens ? 2 : 1;

    /// <inheritdoc/>
    protected override string Subject => $"dense_n{N}_k{K}_{(PicksFirstTokens ? "first_tokens" : Rows == RowDomain.Tokens ? "tokens" : "sequences")}";
}
