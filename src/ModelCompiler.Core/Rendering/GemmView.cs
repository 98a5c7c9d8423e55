using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>gemm.cu.hbs</c>.</summary>
internal sealed class GemmView(GemmKernel kernel) : LinearView(kernel)
{
    public TileConfig Tile => kernel.Tile;

    public string Instruction => MmaInstruction;
}
