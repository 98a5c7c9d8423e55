using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// What the projection and attention of few tokens can do: what mc/hopper/few_qkv_attention*.cuh and the mainloop that it
/// shares assert.
/// </summary>
internal static class FewQkvAttentionLimits
{
    private const int PanelColumns = 32;

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(FewQkvAttentionKernel kernel)
    {
        (GemmProblem problem, FewQkvAttentionTile tile) = (kernel.Problem, kernel.Tile);
        LinearPrecision precision = problem.Precision;
        bool isSymmetric = precision is { IsInteger: true, Weights: { Symmetry: Symmetry.Symmetric, GroupSize: 0 } }
            && precision.Activations is { Symmetry: Symmetry.Symmetric, Range: ActivationRange.PerToken };
        yield return new("operands that are not symmetric codes with a scale for each row", 0, isSymmetric ? 0 : 1);
        yield return new("bits of an activation in memory", 8, problem.ActivationBits);
        yield return new("outputs of the projection beyond those of the heads", 0, Math.Abs(problem.N - (kernel.Heads * FewQkvAttentionTile.HeadColumns)));
        yield return new("panels of a head beyond equal parts", 0, FewQkvAttentionTile.HeadColumns / PanelColumns % tile.Parts);
        yield return new("blocks of a head that are no cluster", 0, tile.Ranks > 1 ? 0 : 1);
        yield return new("epilogues that do not leave it to a reader to quantize", 0, kernel.Epilogue.Ops is [EpilogueOp.StoreFloat32, EpilogueOp.StoreRangeParts] ? 0 : 1);
        foreach (ScheduleLimit limit in ResidentLimits.OfTile(problem, tile.Block))
            yield return limit;
        yield return new("16-byte pieces of a row", kernel.Threads, problem.RowBytes / 16);
        yield return new("warps that attend", tile.WarpsN * tile.WarpsK, FewQkvAttentionKernel.AttendingWarps);
    }
}
