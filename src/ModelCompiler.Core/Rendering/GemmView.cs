using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>gemm.cu.hbs</c>.</summary>
internal sealed class GemmView(GemmKernel kernel) : LinearView(kernel)
{
    public TileConfig Tile => kernel.Tile;

    public string Instruction => kernel.Problem.Family switch
    {
        GemmFamily.Int4 => "mma.m16n8k64 on 4-bit operands",
        GemmFamily.Int8 => "mma.m16n8k32 on 8-bit operands",
        GemmFamily.Int8Weight4 => "mma.m16n8k32 on 8-bit operands, weights widened in registers",
        GemmFamily.Float16 => "mma.m16n8k16 on FP16 operands",
        _ => "mma.m16n8k16 on FP16 operands, weights widened in registers",
    };
}
