using System.Text;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>
/// The fused ops of one forward pass in order, and the buffers between them. Both executors run this: the CPU executor
/// op by op, the GPU as one or more kernels an op.
/// </summary>
/// <param name="Model">The encoder.</param>
/// <param name="Scheme">Precision of its parts.</param>
/// <param name="Ops">Fused ops in order.</param>
/// <param name="Buffers">Intermediate values; the index is the id.</param>
/// <param name="HiddenState">Buffer id of the last hidden state, FP16 [tokens, H]; alive until the end of the plan.</param>
/// <param name="Output">Buffer id of the result: FP32, or <paramref name="HiddenState"/> where there is no head.</param>
public sealed record ExecutionPlan(
    EncoderModel Model, QuantizationScheme Scheme, EquatableArray<PlanOp> Ops, EquatableArray<PlanBuffer> Buffers, int HiddenState, int Output)
{
    /// <summary>One line per op, then one per buffer.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Ops.Count; i++)
            text.Append(i).Append(": ").Append(Ops[i]).Append('\n');
        foreach (PlanBuffer buffer in Buffers)
            text.Append(buffer).Append('\n');
        return text.ToString();
    }
}
