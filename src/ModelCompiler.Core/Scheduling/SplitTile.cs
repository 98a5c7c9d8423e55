namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// How a cluster of the split GEMM divides a product among its blocks, and a block its part among warps
/// (mc/hopper/split_tile.cuh).
/// </summary>
/// <param name="M">Rows of a cluster's tile.</param>
/// <param name="SplitN">Parts of the outputs.</param>
/// <param name="SplitK">Parts of the inputs.</param>
/// <param name="WarpsN">Warps of a block along its outputs.</param>
/// <param name="WarpsK">Warps that share outputs and sum over different inputs.</param>
/// <param name="EpilogueWarps">Warps that finish a block's rows.</param>
public sealed record SplitTile(int M, int SplitN, int SplitK, int WarpsN, int WarpsK, int EpilogueWarps)
{
    /// <summary>Blocks of a cluster.</summary>
    public int Ranks => SplitN * SplitK;

    /// <summary>Threads of a block.</summary>
    public int Threads => 32 * WarpsN * WarpsK;

    /// <summary>Rows that a block finishes.</summary>
    internal int OwnedRows => M / Ranks;

    /// <summary>Warps that share a row in the epilogue.</summary>
    internal int RowWarps => EpilogueWarps / Math.Max(OwnedRows, 1);

    /// <summary>A block's part of the product, as a problem of its own.</summary>
    internal GemmProblem Part(GemmProblem problem) => problem with { N = problem.N / SplitN, K = problem.K / SplitK };

    /// <summary>How a block divides its part.</summary>
    internal ResidentTile Block(GemmProblem problem) => new(M, problem.N / SplitN, WarpsN, WarpsK, 1);

    /// <inheritdoc/>
    public override string ToString() => $"m{M}_n{SplitN}k{SplitK}_w{WarpsN}x{WarpsK}_e{EpilogueWarps}";
}
