using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Variable-length attention over packed sequences. One block takes 16 query tokens and all heads, a warp each.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Heads">Heads of the model.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="HeadsPerBlock">Heads that one block takes: all of them where the epilogue needs whole rows.</param>
/// <param name="Epilogue">A store or a quantize.</param>
public sealed record AttentionKernel(GpuArch Arch, int Heads, int HeadSize, int HeadsPerBlock, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Query tokens of a block: the rows of one <c>mma.m16n8k16</c>.</summary>
    public const int QueryTile = 16;

    /// <summary>
    /// Heads that one block takes: all of them, or, where there are more than registers for, the largest part that
    /// divides them. Sixteen warps of 128 registers a thread fill a multiprocessor's register file.
    /// </summary>
    public static int HeadsThatFit(int heads, int headSize)
    {
        int fit = Math.Min(heads, headSize > 64 ? 8 : 16);
        while (heads % fit != 0)
            fit--;
        return fit;
    }

    /// <inheritdoc/>
    public override int Threads => 32 * HeadsPerBlock;

    /// <inheritdoc/>
    public override int SharedBytes => 0;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (CeilDiv(bucketTokens, QueryTile), CeilDiv(Heads, HeadsPerBlock));

    /// <inheritdoc/>
    internal override string TemplateName => "attention";

    /// <inheritdoc/>
    protected override string Subject => $"attention_h{Heads}x{HeadSize}";

    /// <inheritdoc/>
    internal override string ScheduleToken => $"mma_g{HeadsPerBlock}";

    /// <inheritdoc/>
    protected override string Variant => HeadsPerBlock == Heads ? "" : $"_g{HeadsPerBlock}";
}
