using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>split_gemm.cu.hbs</c>.</summary>
internal sealed class SplitGemmView(SplitGemmKernel kernel) : LinearView(kernel)
{
    private readonly ActivationFormat _activations = kernel.Problem.Precision.Activations;

    public SplitTile Tile => kernel.Tile;

    public bool ReadsValues => kernel.ReadsValues;

    public int RangeParts => kernel.RangeParts;

    /// <summary>C++ type that brings activations to shared memory.</summary>
    public string Source => kernel.ReadsValues
        ? $"mc::hopper::ValuesOfRows<{CudaText.Format(new EpilogueOp.Quantize(_activations, kernel.Problem.ActivationBits))}, {kernel.RangeParts}>"
        : $"mc::hopper::CodesOfRows<{_activations.Bits}>";

    public string Instruction => MmaInstruction;
}
