using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>resident_gemm.cu.hbs</c>.</summary>
internal sealed class ResidentGemmView(ResidentGemmKernel kernel) : LinearView(kernel)
{
    public ResidentTile Tile => kernel.Tile;

    public string Instruction => MmaInstruction;
}
