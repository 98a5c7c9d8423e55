namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// How a block of the GEMM for 2:4 sparse weights cuts its work (mc/hopper/sparse_gemm.cuh). Outputs are the rows of its
/// products and tokens the columns.
/// </summary>
/// <param name="Tokens">Tokens of a tile.</param>
/// <param name="Groups">Warp groups that compute a tile together, 128 outputs each: a team.</param>
/// <param name="Teams">Teams that take tiles in turn, so that the epilogue of one overlaps the products of the other.</param>
/// <param name="Stages">Pipeline stages in shared memory, 128 inputs of both operands each.</param>
/// <param name="OutputBlocks">
/// Blocks of a cluster along the outputs, which copy tokens for one another; where the cluster spans whole rows it is
/// what these take, and this is 1.
/// </param>
/// <param name="Weights">Whether a stage holds weights too.</param>
public sealed record SparseTile(int Tokens, int Groups, int Teams, int Stages, int OutputBlocks = 1, WeightFlow Weights = WeightFlow.Streamed)
{
    /// <summary>Outputs of a warp group, and of a piece of the weights.</summary>
    internal const int GroupOutputs = 128;

    /// <summary>Inputs of a piece, and of a stage.</summary>
    internal const int PieceInputs = 128;

    /// <summary>Stored codes and metadata of 128 outputs and 128 inputs (mc/hopper/sparse_weights.cuh).</summary>
    private const int PieceBytes = 8192 + 2048;

    /// <summary>Warp groups that compute; one more copies.</summary>
    internal int Consumers => Groups * Teams;

    /// <summary>Threads of a block.</summary>
    public int Threads => 128 * (1 + Consumers);

    /// <summary>Outputs of a tile.</summary>
    public int Outputs => GroupOutputs * Groups;

    /// <summary>True where a block keeps its weights.</summary>
    internal bool IsStationary => Weights == WeightFlow.Stationary;

    /// <summary>Bytes of the weights of a tile and 128 inputs.</summary>
    internal int WeightBytes => PieceBytes * Groups;

    /// <summary>Bytes of a stage: rows of 128 bytes of the tokens, and pieces of streamed weights.</summary>
    internal int StageBytes => (128 * Tokens) + (IsStationary ? 0 : WeightBytes);

    /// <summary>Tokens of a part of the epilogue, which is a loop over parts so that the instruction cache holds it.</summary>
    internal int PartTokens
    {
        get
        {
            int tokens = MostOfPart;
            while (tokens > SliceTokens && Tokens % tokens != 0)
                tokens -= SliceTokens;
            return tokens;
        }
    }

    private const int MostOfPart = 64;
    private const int SliceTokens = 8;

    /// <inheritdoc/>
    public override string ToString() =>
        $"t{Tokens}n{Outputs}_s{Stages}{(Teams > 1 ? "_turns" : "")}{(IsStationary ? "_kept" : "")}{(OutputBlocks > 1 ? $"_x{OutputBlocks}" : "")}";
}
