using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of every template of a matrix product.</summary>
internal abstract class LinearView(LinearKernel kernel) : KernelView(kernel)
{
    private readonly GemmProblem _problem = kernel.Problem;

    public int N => _problem.N;

    public int K => _problem.K;

    public int Group => _problem.Precision.Weights.GroupSize;

    public bool IsGrid => kernel.Scope == RowScope.Grid;

    public int BlocksN => kernel.BlocksN;

    public string Scope => $"mc::RowScope::k{kernel.Scope}";

    /// <summary>Bits of a weight as the kernel's products read it: all orders but that of fragments widen codes to bytes.</summary>
    private int WeightOperandBits => kernel.WeightOrder == WeightOrder.Fragments ? _problem.WeightBits : Math.Max(8, _problem.WeightBits);

    public string ActivationOperand => CudaText.Operand(_problem.Precision.Activations.IsQuantized, _problem.ActivationBits, _problem.Precision.Activations.Symmetry);

    public string WeightOperand => CudaText.Operand(_problem.Precision.Weights.IsQuantized, WeightOperandBits, _problem.Precision.Weights.Symmetry);

    public string ActivationText => _problem.Precision.Activations switch
    {
        { IsQuantized: false } => "FP16",
        var format => $"{(format.Symmetry == Symmetry.Symmetric ? "s" : "u")}{format.Bits}"
            + (_problem.ActivationBits == 4 ? " packed two to a byte" : format.Bits == 4 ? " in bytes" : ""),
    };

    public string WeightText => _problem.Precision.Weights switch
    {
        { IsQuantized: false } => "FP16",
        var format => $"{(format.Symmetry == Symmetry.Symmetric ? "s" : "u")}{format.Bits}"
            + (format.GroupSize > 0 ? $", a scale for {format.GroupSize} inputs" : ", a scale for each row"),
    };

    public string Accumulator => _problem.Precision.IsInteger ? "int32, exact" : "fp32";

    public IReadOnlyList<EpilogueText> Steps { get; } = EpilogueText.StepsOf(kernel);

    /// <summary>C++ types of the steps, separated by commas and line breaks.</summary>
    public string StepTypes => string.Join(",\n    ", Steps.Select(step => step.Type));

    public bool HasLayerNorm => kernel.Epilogue.Ops.Any(op => op is EpilogueOp.LayerNorm);

    public string Epsilon => CudaText.Float(kernel.Epilogue.Ops.OfType<EpilogueOp.LayerNorm>().FirstOrDefault()?.Epsilon ?? 0);

    /// <summary>Instruction of the kernels on <c>wgmma</c>, for a person.</summary>
    protected string WgmmaInstruction(int columns)
    {
        if (!_problem.Precision.IsInteger)
            return $"wgmma.m64n{columns}k16 on FP16 operands";
        string widened = (_problem.WeightBits, _problem.ReadsPackedCodes) switch
        {
            (4, true) => ", weights widened at load, activations in registers",
            (4, false) => ", weights widened at load",
            (_, true) => ", activations widened in registers",
            _ => "",
        };
        return $"wgmma.m64n{columns}k32 on 8-bit operands{widened}";
    }

    /// <summary>Instruction of the kernels on <c>mma.sync</c>, for a person.</summary>
    protected string MmaInstruction => _problem.Family switch
    {
        GemmFamily.Int4 => "mma.m16n8k64 on 4-bit operands",
        GemmFamily.Int8 => "mma.m16n8k32 on 8-bit operands",
        GemmFamily.Int8Weight4 => "mma.m16n8k32 on 8-bit operands, weights widened in registers",
        GemmFamily.Float16 => "mma.m16n8k16 on FP16 operands",
        _ => "mma.m16n8k16 on FP16 operands, weights widened in registers",
    };
}
