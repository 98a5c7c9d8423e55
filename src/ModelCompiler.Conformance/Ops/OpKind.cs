using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Ops;

/// <summary>Ops whose results are held to one bound and counted together: a row of the report.</summary>
/// <param name="Op">What computes, with its precision, such as <c>gemm W4A4 symmetric</c>.</param>
/// <param name="Result">What is stored: <c>f16</c>, <c>f32</c> or the format of the codes.</param>
/// <param name="Bound">What it is held to.</param>
internal sealed record OpKind(string Op, string Result, OpBound Bound)
{
    /// <summary>Kind of one result of an op.</summary>
    public static OpKind Of(PlanOp op, BufferValues result)
    {
        string stored = result.Buffer.Element switch
        {
            BufferElement.Codes => result.Buffer.Format.ToString(),
            BufferElement.Float16 => "f16",
            _ => "f32",
        };
        string steps = string.Concat(op.Epilogue.Select(step => step switch
        {
            ActivationStep activation => $" + {activation.Function.ToString().ToLowerInvariant()}",
            LayerNormStep => " + layer norm",
            _ => "",
        }));
        return op switch
        {
            LinearOp linear => new($"gemm {linear.Precision}{steps}", stored, OpBound.Of(linear, result)),
            AttentionOp attention => new($"attention, heads of {attention.HeadSize}", stored, OpBound.Attention),
            EmbeddingOp => new($"embedding{steps}", stored, OpBound.Rounding),
            PoolOp pool => new($"pool {pool.Kind.ToString().ToLowerInvariant()}{(pool.Normalize ? ", normalized" : "")}", stored, OpBound.Rounding),
            _ => new($"dense{steps}", stored, OpBound.Rounding),
        };
    }
}

/// <summary>How far the result of one op may be from the reference's, where both are given the same operands.</summary>
/// <param name="Error">Greatest relative L2 error of values.</param>
/// <param name="CodesOffByOne">Greatest share of codes that are a neighbour of the reference's; none may be further off.</param>
internal sealed record OpBound(double Error, double CodesOffByOne)
{
    /// <summary>
    /// Every bit. An integer accumulator is exact, and dequantization and bias are fp32 operations in one order, so an
    /// FP16 result tells whether the accumulators are equal.
    /// </summary>
    public static OpBound Bits { get; } = new(0, 0);

    /// <summary>fp32 sums or functions in another order: docs/numerics.md allows 1 code in 10,000 another side of a tie.</summary>
    public static OpBound Rounding { get; } = new(5e-4, 1e-4);

    /// <summary>
    /// Probabilities are rounded to FP16 from another running maximum, which moves a value by up to 2^-11 of itself: a code
    /// of 8 bits goes to its neighbour in 1 of 1,000 cases or a few more.
    /// </summary>
    public static OpBound Attention { get; } = new(1e-3, 5e-3);

    /// <summary>Bound of a linear part's result.</summary>
    public static OpBound Of(LinearOp op, BufferValues result) =>
        op.Precision.IsInteger && !result.IsCodes && !op.Epilogue.Any(step => step is LayerNormStep or ActivationStep) ? Bits : Rounding;
}
