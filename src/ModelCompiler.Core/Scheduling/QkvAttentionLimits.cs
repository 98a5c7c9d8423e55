using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What the fused projection and attention can do: what mc/hopper/qkv_attention_config.cuh asserts.</summary>
internal static class QkvAttentionLimits
{
    private const int MostHeads = 16;

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(QkvAttentionKernel kernel)
    {
        GemmProblem problem = kernel.Problem;
        QkvAttentionTile tile = kernel.Tile;
        yield return new("heads", MostHeads, kernel.Heads);
        yield return new("outputs of the projection beyond those of the heads", 0, Math.Abs(problem.N - (kernel.Heads * QkvAttentionTile.HeadColumns)));
        yield return new("bits of an activation in memory", 8, problem.ActivationBits);
        yield return new("bytes of a row of activations beyond a multiple of 16", 0, problem.RowBytes % 16);
        yield return new("inputs that share a weight scale", 0, problem.Precision.Weights.GroupSize);
        yield return new("operands without a scale of their own row", 0, HasRowScales(problem.Precision) ? 0 : 1);
        yield return new("code formats but symmetric ones in bytes", 0, kernel.Epilogue.Ops is [EpilogueOp.Quantize { Format.Symmetry: Symmetry.Symmetric, Container: 8 }] ? 0 : 1);
        yield return new("stages", kernel.Steps, tile.Stages);
        if (tile.IsStationary)
            yield return new("token tiles of a cluster whose weights stay", 1, tile.SharedTiles);
    }

    private static bool HasRowScales(LinearPrecision precision) =>
        precision.Weights is { IsQuantized: true, Symmetry: Symmetry.Symmetric }
        && precision.Activations is { IsQuantized: true, Symmetry: Symmetry.Symmetric, Range: ActivationRange.PerToken };
}
