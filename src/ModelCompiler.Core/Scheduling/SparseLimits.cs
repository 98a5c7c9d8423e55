using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What the GEMM for 2:4 sparse weights can do: what mc/hopper/sparse_gemm.cuh and transposed_view.cuh assert.</summary>
internal static class SparseLimits
{
    private const int TokenStep = 16;
    private const int RunOutputs = 8;
    private const int MostConsumers = 4;
    private const int MostTeams = 2;
    private const int MostStages = 16;

    /// <summary>Products of a piece are started while those of the piece before still run.</summary>
    private const int FewestStages = 2;

    private const int AccessBytes = 16;

    /// <summary>Sums that a thread holds without spilling in the products, of two computing warp groups, of three and of four.</summary>
    private static int MostTokens(SparseTile tile) => tile.Consumers switch
    {
        <= 2 => 192,
        3 => 112,
        _ => 64,
    };

    /// <summary>Limits of a kernel.</summary>
    public static IEnumerable<ScheduleLimit> Of(SparseGemmKernel kernel)
    {
        GemmProblem problem = kernel.Problem;
        WeightFormat weights = problem.Precision.Weights;
        SparseTile tile = kernel.Tile;
        yield return new("weights that are not 2:4 sparse", 0, weights.Sparsity == Sparsity.TwoOfFour ? 0 : 1);
        yield return new("asymmetric sparse weights", 0, weights.Symmetry == Symmetry.Symmetric ? 0 : 1);
        yield return new("inputs that share a weight scale", 0, weights.GroupSize);
        yield return new("bits of an activation beyond a byte", 0, Math.Abs(problem.ActivationBits - 8));
        yield return new("bytes of a row of activations beyond a multiple of 16", 0, problem.RowBytes % AccessBytes);
        yield return new("outputs beyond whole runs of 8", 0, problem.N % RunOutputs);
        yield return new("tokens of a tile beyond whole steps of 16", 0, tile.Tokens % TokenStep);
        yield return new("tokens of a tile", MostTokens(tile), tile.Tokens);
        yield return new("warp groups that compute", MostConsumers, tile.Consumers);
        yield return new("teams", MostTeams, tile.Teams);
        yield return new("stages", MostStages, tile.Stages);
        yield return new("stages short of two", 0, Math.Max(0, FewestStages - tile.Stages));
        yield return new("tiles of 128 outputs beyond whole clusters", 0, Pieces(problem) % (tile.Groups * kernel.ClusterSize));
        switch (kernel.Scope)
        {
            case RowScope.Cluster:
                yield return new("columns beyond whole tiles of a cluster", 0, problem.N % tile.Outputs);
                yield return new("blocks of a cluster that copy tokens but share no rows", 1, tile.OutputBlocks);
                break;
            case RowScope.Grid:
                yield return new("sums over rows that the grid shares", 0, kernel.Epilogue.RowSums);
                break;
            case RowScope.Tile:
                yield return new("whole rows in one tile", 0, 1);
                break;
            default:
                yield return new("sums and ranges over rows that no blocks share", 0, kernel.Epilogue.RowSums + kernel.Epilogue.RowRanges);
                break;
        }
    }

    private static int Pieces(GemmProblem problem) => (problem.N + SparseTile.GroupOutputs - 1) / SparseTile.GroupOutputs;
}
