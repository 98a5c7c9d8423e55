using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>split_gemm.cu.hbs</c>.</summary>
internal sealed class SplitGemmView(SplitGemmKernel kernel) : LinearView(kernel)
{
    public SplitTile Tile => kernel.Tile;

    public int CodeBits => kernel.Problem.Precision.Activations.Bits;

    public string Instruction => MmaInstruction;
}
