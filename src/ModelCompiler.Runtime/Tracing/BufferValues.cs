using ModelCompiler.Core.Planning;

namespace ModelCompiler.Runtime.Tracing;

/// <summary>What a buffer of the plan holds after a batch, the same on every executor.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Rows">Rows of the batch: its tokens or its sequences.</param>
internal sealed record BufferValues(PlanBuffer Buffer, int Rows)
{
    /// <summary>[rows, columns] FP16 or FP32 values; empty for codes.</summary>
    public float[] Values { get; init; } = [];

    /// <summary>[rows, columns] codes in their integer value; empty for values.</summary>
    public short[] Codes { get; init; } = [];

    /// <summary>[rows] S of each row of codes.</summary>
    public float[] Scales { get; init; } = [];

    /// <summary>[rows] minimum of each row of codes; zeros in the symmetric form.</summary>
    public float[] Minimums { get; init; } = [];

    /// <summary>True for a buffer of codes.</summary>
    public bool IsCodes => Buffer.Element == BufferElement.Codes;

    /// <summary>Buffers that an op reads: its operand and its residual.</summary>
    public static IEnumerable<int> ReadBy(PlanOp op) =>
        op.Epilogue.OfType<ResidualStep>().Select(step => step.Buffer).Concat(op.Input is { } input ? [input] : []).Distinct();
}
