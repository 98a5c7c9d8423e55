using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>sparse_gemm.cu.hbs</c>.</summary>
internal sealed class SparseGemmView(SparseGemmKernel kernel) : LinearView(kernel)
{
    public SparseTile Tile => kernel.Tile;

    public bool IsStationary => Tile.IsStationary;

    public int BoxRows => kernel.ActivationBoxRows();

    public string TeamText => (Tile.Groups, Tile.Teams) switch
    {
        (1, 1) => "one multiplies",
        (1, _) => "two take tiles in turn",
        (var groups, 1) => $"{groups} share each tile",
        var (groups, teams) => $"{teams} teams of {groups} take tiles in turn",
    };

    public string Instruction => $"wgmma.sp.m64n{Tile.Tokens}k64 on 8-bit operands{(kernel.Problem.WeightBits == 4 ? ", weights widened at load" : "")}";
}
