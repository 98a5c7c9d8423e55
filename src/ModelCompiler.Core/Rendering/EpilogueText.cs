using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Rendering;

/// <summary>A step of a GEMM epilogue: the type that computes it, and its equation.</summary>
/// <param name="Type">C++ type.</param>
/// <param name="Equation">What it does to y, for the kernel's opening comment.</param>
internal sealed record EpilogueText(string Type, string Equation)
{
    /// <summary>
    /// All steps of a GEMM: first dequantization with the terms of asymmetric operands in the order of docs/numerics.md,
    /// then the fused steps of the plan.
    /// </summary>
    public static IReadOnlyList<EpilogueText> StepsOf(LinearKernel kernel)
    {
        var steps = new List<EpilogueText>();
        LinearPrecision precision = kernel.Problem.Precision;
        bool isStatic = precision.Activations.Range == ActivationRange.Static;
        string template = isStatic ? "<true>" : "<>";
        bool offsetWeights = precision.Weights is { IsQuantized: true, Symmetry: Symmetry.Asymmetric };
        bool offsetActivations = precision.Activations is { IsQuantized: true, Symmetry: Symmetry.Asymmetric };

        bool fusesBias = !offsetWeights && kernel.Epilogue.Ops.FirstOrDefault() is EpilogueOp.Bias;
        steps.Add(new($"mc::Dequantize{(fusesBias ? "WithBias" : "")}{template}", Dequantize(precision, isStatic, fusesBias)));
        if (offsetWeights)
        {
            string sum = precision.IsInteger ? (isStatic ? "(a_scale · sum_k qA[m, k])" : "(a_scale[m] · sum_k qA[m, k])") : "sum_k A[m, k]";
            steps.Add(new($"mc::WeightOffset{template}", $"y += w_lo[n] · {sum}"));
        }

        var activationOffset = new EpilogueText(
            $"mc::ActivationOffset{template}", $"y += {(isStatic ? "a_lo" : "a_lo[m]")} · (w_scale[n] · sum_k qW[n, k])");
        if (offsetActivations && offsetWeights)
        {
            steps.Add(activationOffset);
            steps.Add(new($"mc::OffsetProduct{template}", $"y += K · {(isStatic ? "a_lo" : "a_lo[m]")} · w_lo[n]"));
        }

        bool toFourBits = kernel.Epilogue.Ops.Any(op => op is EpilogueOp.Quantize { Format.Bits: 4 })
            && !kernel.Epilogue.Ops.Any(op => op is EpilogueOp.StoreFloat16 or EpilogueOp.StoreFloat32);
        EpilogueOp? before = null;
        foreach (EpilogueOp op in kernel.Epilogue.Ops)
        {
            if (op is EpilogueOp.Quantize quantize && before is EpilogueOp.Activation activation && GeluForm(activation, toFourBits) is { } form)
                steps[^1] = new($"mc::GeluQuantizeRows<{form}, {CudaText.Format(quantize)}>", $"{steps[^1].Equation}; {Step(op, toFourBits).Equation}");
            else if (op is not EpilogueOp.Bias || !fusesBias)
                steps.Add(Step(op, toFourBits));
            if (op is EpilogueOp.Bias && offsetActivations && !offsetWeights)
                steps.Add(activationOffset);
            before = op;
        }

        return steps;
    }

    // toFourBits: nothing but 4-bit codes comes of it. Null for other functions.
    private static string? GeluForm(EpilogueOp.Activation activation, bool toFourBits) => activation.Function switch
    {
        ActivationFunction.Gelu => toFourBits ? "mc::GeluForm::kErfCoarse" : "mc::GeluForm::kErf",
        ActivationFunction.GeluTanh => "mc::GeluForm::kTanh",
        _ => null,
    };

    private static string Dequantize(LinearPrecision precision, bool isStatic, bool fusesBias)
    {
        string a = isStatic ? "a_scale" : "a_scale[m]";
        (string sum, string? factor) = (precision.IsInteger, precision.Weights.GroupSize > 0, precision.Weights.IsQuantized) switch
        {
            (true, true, _) => ("(sum over groups g, in order, of acc_g · w_scale[g, n])", a),
            (true, false, _) => ($"acc · {a}", "w_scale[n]"),
            (false, true, _) => ("(sum over groups g, in order, of acc_g · w_scale[g, n])", null),
            (false, false, true) => ("acc", "w_scale[n]"),
            _ => ("acc", null),
        };
        return (factor, fusesBias) switch
        {
            (null, true) => $"y = {sum} + bias[n]",
            (null, false) => $"y = {sum}",
            (_, true) => $"y = fma({sum}, {factor}, bias[n])",
            (_, false) => $"y = {sum} · {factor}",
        };
    }

    private static EpilogueText Step(EpilogueOp op, bool toFourBits) => op switch
    {
        EpilogueOp.Bias => new("mc::Bias", "y += bias[n]"),
        EpilogueOp.Activation { Function: ActivationFunction.Gelu or ActivationFunction.GeluTanh } gelu => new(
            $"mc::Gelu<{GeluForm(gelu, toFourBits)}>", $"y = gelu(y), {(gelu.Function == ActivationFunction.Gelu ? "erf" : "tanh")} form"),
        EpilogueOp.Activation { Function: ActivationFunction.Relu } => new("mc::Relu", "y = max(y, 0)"),
        EpilogueOp.Activation { Function: ActivationFunction.Tanh } => new("mc::Tanh", "y = tanh(y)"),
        EpilogueOp.Residual => new("mc::Residual", "y += residual[m, n]"),
        EpilogueOp.LayerNorm => new(
            "mc::LayerNormStep<float, LayerNormEpsilon>", "y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over row m"),
        EpilogueOp.StoreFloat16 => new("mc::StoreF16", "output[m, n] = y, FP16"),
        EpilogueOp.StoreFloat32 => new("mc::StoreF32", "output[m, n] = y, fp32"),
        EpilogueOp.StoreRangeParts => new("mc::StoreRangeParts", "range_parts[m, b] = max over the columns n of block b of |y|"),
        EpilogueOp.Quantize quantize => new(
            $"mc::QuantizeRows<{CudaText.Format(quantize)}>", $"quantized[m, n] = quantize(y): {CudaText.Describe(quantize)}"),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Unknown epilogue step."),
    };
}
