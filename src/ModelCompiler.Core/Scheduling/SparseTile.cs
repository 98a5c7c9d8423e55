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
public sealed record SparseTile(int Tokens, int Groups, int Teams, int Stages, int OutputBlocks = 1)
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

    /// <summary>Bytes of a stage: rows of 128 bytes of the tokens, and pieces of the weights.</summary>
    internal int StageBytes => (128 * Tokens) + (PieceBytes * Groups);

    /// <summary>Bytes of a run of FP16 rows on their way to device memory, at most 64 tokens in whole slices of 8 (mc/hopper/staged_rows.cuh).</summary>
    internal int StagedBytes
    {
        get
        {
            int tokens = 64;
            while (tokens > 8 && Tokens % tokens != 0)
                tokens -= 8;
            return tokens * (2 * Outputs + 32);
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"t{Tokens}n{Outputs}_s{Stages}{(Teams > 1 ? "_turns" : "")}{(OutputBlocks > 1 ? $"_x{OutputBlocks}" : "")}";
}
