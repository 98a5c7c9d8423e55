using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>A fused operation: one producer and the epilogue steps that follow it while its result is still in registers.</summary>
/// <param name="Name">Readable name, such as <c>layer0.mlp_intermediate</c>.</param>
/// <param name="Epilogue">Steps on the fp32 result, in order; the last one or ones store.</param>
public abstract record PlanOp(string Name, EquatableArray<EpilogueStep> Epilogue)
{
    /// <summary>Buffer id of the main operand; null where the op reads the token ids.</summary>
    public abstract int? Input { get; }
}

/// <summary>
/// y[t] = word[id[t]] + position[offset + place of t in its sequence] + type[token type of t], [tokens, H].
/// </summary>
public sealed record EmbeddingOp(string Name, int PositionOffset, bool HasTokenTypes, EquatableArray<EpilogueStep> Epilogue)
    : PlanOp(Name, Epilogue)
{
    /// <inheritdoc/>
    public override int? Input => null;
}

/// <summary>y[m, n] = dequantize(Σ_k A[m, k] · W[n, k]), [tokens, N].</summary>
/// <param name="Name">Readable name.</param>
/// <param name="Part">Which of the four parts.</param>
/// <param name="Weight">W and its bias.</param>
/// <param name="Source">Buffer id of A.</param>
/// <param name="N">Output features.</param>
/// <param name="K">Input features.</param>
/// <param name="Precision">Formats of A and W.</param>
/// <param name="Epilogue">Steps that follow.</param>
public sealed record LinearOp(
    string Name, EncoderPart Part, PlanWeight Weight, int Source, int N, int K, LinearPrecision Precision, EquatableArray<EpilogueStep> Epilogue)
    : PlanOp(Name, Epilogue)
{
    /// <inheritdoc/>
    public override int? Input => Source;
}

/// <summary>
/// Per sequence and head: softmax(Q·Kᵀ / √d)·V over the tokens of the sequence, [tokens, H]. Q, K and V are the three
/// thirds of the input's columns.
/// </summary>
/// <param name="Name">Readable name.</param>
/// <param name="Source">Buffer id, FP16 [tokens, 3H].</param>
/// <param name="Heads">Number of heads.</param>
/// <param name="HeadSize">Width d of a head.</param>
/// <param name="Epilogue">Steps that follow: a store or a quantize.</param>
public sealed record AttentionOp(string Name, int Source, int Heads, int HeadSize, EquatableArray<EpilogueStep> Epilogue)
    : PlanOp(Name, Epilogue)
{
    /// <inheritdoc/>
    public override int? Input => Source;
}

/// <summary>How a sequence's token rows become one row.</summary>
public enum PoolKind
{
    /// <summary>The first token's row.</summary>
    First,

    /// <summary>The mean of all token rows, fp32.</summary>
    Mean,
}

/// <summary>One row per sequence from its token rows, [sequences, H].</summary>
/// <param name="Name">Readable name.</param>
/// <param name="Source">Buffer id, FP16 [tokens, H].</param>
/// <param name="Kind">First token or mean.</param>
/// <param name="Normalize">Divide by the Euclidean length.</param>
/// <param name="Columns">H.</param>
/// <param name="Epilogue">A store.</param>
public sealed record PoolOp(string Name, int Source, PoolKind Kind, bool Normalize, int Columns, EquatableArray<EpilogueStep> Epilogue)
    : PlanOp(Name, Epilogue)
{
    /// <inheritdoc/>
    public override int? Input => Source;
}

/// <summary>A small FP16 dense layer of a head: y[r, n] = Σ_k x[r, k] · W[n, k], fp32 arithmetic.</summary>
/// <param name="Name">Readable name.</param>
/// <param name="Weight">W and its bias.</param>
/// <param name="Source">Buffer id, FP16.</param>
/// <param name="Rows">Row domain of input and output.</param>
/// <param name="N">Output features.</param>
/// <param name="K">Input features.</param>
/// <param name="Epilogue">Bias, an optional activation, a store.</param>
public sealed record DenseOp(string Name, PlanWeight Weight, int Source, RowDomain Rows, int N, int K, EquatableArray<EpilogueStep> Epilogue)
    : PlanOp(Name, Epilogue)
{
    /// <inheritdoc/>
    public override int? Input => Source;
}
