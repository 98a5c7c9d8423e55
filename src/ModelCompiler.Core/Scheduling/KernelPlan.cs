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
    /// <summary>Entry point; unique among the kernels of one compiler version, and readable.</summary>
    public string Name => $"{Subject}_{Epilogue.Name}{Variant}_{Arch.Name()}";

    /// <summary>Threads of a block.</summary>
    public abstract int Threads { get; }

    /// <summary>Dynamic shared memory of a block in bytes.</summary>
    public abstract int SharedBytes { get; }

    /// <summary>Blocks of a cluster along N; 1 where blocks work alone.</summary>
    public virtual int ClusterSize => 1;

    /// <summary>Blocks launched for a bucket of this many tokens.</summary>
    public abstract (int X, int Y) Grid(int bucketTokens);

    /// <summary>First part of the name: what is computed.</summary>
    protected abstract string Subject { get; }

    /// <summary>Last part of the name: how; empty or with a leading underscore.</summary>
    protected virtual string Variant => "";

    /// <summary>Integer division that rounds up.</summary>
    protected static int CeilDiv(int value, int divisor) => (value + divisor - 1) / divisor;
}

/// <summary>A matrix product with fused epilogue.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Problem">What is multiplied.</param>
/// <param name="Tile">How it is cut.</param>
/// <param name="Scope">Who shares whole rows.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record GemmKernel(GpuArch Arch, GemmProblem Problem, TileConfig Tile, RowScope Scope, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Blocks along N.</summary>
    public int BlocksN => CeilDiv(Problem.N, Tile.N);

    /// <inheritdoc/>
    public override int Threads => Tile.Threads;

    /// <inheritdoc/>
    public override int ClusterSize => Scope == RowScope.Cluster ? BlocksN : 1;

    /// <inheritdoc/>
    public override int SharedBytes => GemmSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (BlocksN, CeilDiv(bucketTokens, Tile.M));

    /// <inheritdoc/>
    protected override string Subject => $"gemm_{Problem.Precision}_n{Problem.N}_k{Problem.K}";

    /// <inheritdoc/>
    protected override string Variant => $"_{Tile}{(Scope == RowScope.Cluster ? $"_c{ClusterSize}" : "")}";
}

/// <summary>Variable-length attention over packed sequences. One block takes 16 query tokens and all heads, a warp each.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Heads">Heads of the model.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="HeadsPerBlock">Heads that one block takes: all of them where the epilogue needs whole rows.</param>
/// <param name="Epilogue">A store or a quantize.</param>
public sealed record AttentionKernel(GpuArch Arch, int Heads, int HeadSize, int HeadsPerBlock, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Query tokens of a block: the rows of one <c>mma.m16n8k16</c>.</summary>
    public const int QueryTile = 16;

    /// <summary>Most heads of a block: 16 warps of at most 128 registers a thread fill a multiprocessor's register file.</summary>
    public const int MaxHeadsPerBlock = 16;

    /// <inheritdoc/>
    public override int Threads => 32 * HeadsPerBlock;

    /// <inheritdoc/>
    public override int SharedBytes => AttentionSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (CeilDiv(bucketTokens, QueryTile), CeilDiv(Heads, HeadsPerBlock));

    /// <inheritdoc/>
    protected override string Subject => $"attention_h{Heads}x{HeadSize}";

    /// <inheritdoc/>
    protected override string Variant => HeadsPerBlock == Heads ? "" : $"_g{HeadsPerBlock}";
}

/// <summary>Finishes rows that a split kernel left as fp32 in scratch: layer norm, store, quantize.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Columns">Row length.</param>
/// <param name="Epilogue">The remaining steps.</param>
public sealed record RowsKernel(GpuArch Arch, int Columns, EpilogueSpec Epilogue) : KernelPlan(Arch, Epilogue)
{
    /// <inheritdoc/>
    public override int Threads => 128;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (bucketTokens, 1);

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
    public override int Threads => 128;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (bucketTokens, 1);

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
    /// <inheritdoc/>
    public override int Threads => 128;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (Spec.ShapeSet.MaxSequences(bucketTokens), 1);

    /// <inheritdoc/>
    protected override string Subject => $"pool_{(Kind == PoolKind.First ? "first" : "mean")}{(Normalize ? "_l2" : "")}_n{Columns}";
}

/// <summary>A small FP16 dense layer of a head.</summary>
/// <param name="Arch">Target.</param>
/// <param name="N">Output features.</param>
/// <param name="K">Input features.</param>
/// <param name="Rows">Row domain.</param>
/// <param name="Epilogue">Bias, activation, store.</param>
public sealed record DenseKernel(GpuArch Arch, int N, int K, RowDomain Rows, EpilogueSpec Epilogue) : KernelPlan(Arch, Epilogue)
{
    /// <summary>Output features of a block, a warp each.</summary>
    public const int FeaturesPerBlock = 4;

    /// <inheritdoc/>
    public override int Threads => 32 * FeaturesPerBlock;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (CeilDiv(N, FeaturesPerBlock), bucketTokens);

    /// <inheritdoc/>
    protected override string Subject => $"dense_n{N}_k{K}_{(Rows == RowDomain.Tokens ? "tokens" : "sequences")}";
}
