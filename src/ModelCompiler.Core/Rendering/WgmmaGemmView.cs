using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of <c>wgmma_gemm.cu.hbs</c>.</summary>
internal sealed class WgmmaGemmView(WgmmaGemmKernel kernel) : LinearView(kernel)
{
    public WgmmaTile Tile => kernel.Tile;

    public string WarpGroups => $"mc::hopper::Schedule::k{kernel.Tile.Schedule}";

    public string WarpGroupText => kernel.Tile.Schedule switch
    {
        WarpGroupSchedule.Cooperative => "two share each tile",
        WarpGroupSchedule.PingPong => "two take tiles in turn",
        WarpGroupSchedule.Pairs => "two pairs take tiles in turn",
        WarpGroupSchedule.Threes => "three take tiles in turn",
        _ => "four take tiles in turn",
    };

    public bool IsStationary => kernel.Tile.IsStationary;

    public string Instruction => WgmmaInstruction(kernel.TileN);

    public int BoxBytes => kernel.ActivationBoxBytes();
}
