using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>split_k_gemm.cu.hbs</c>.</summary>
internal sealed class SplitKGemmView(SplitKGemmKernel kernel) : LinearView(kernel)
{
    public SplitKTile Tile => kernel.Tile;

    public int TileM => kernel.TileM;

    public string Instruction => WgmmaInstruction(kernel.TileN);
}
