namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// How the QKV projection and the attention of few tokens are cut: the blocks of a head are a cluster
/// (mc/hopper/few_qkv_attention_config.cuh).
/// </summary>
/// <param name="TokenTiles">Tiles of <see cref="M"/> tokens, all of a bucket.</param>
/// <param name="Parts">Blocks that divide a head's outputs for a token tile.</param>
/// <param name="WarpsN">Warps of a block along its outputs.</param>
/// <param name="WarpsK">Warps that share outputs and sum over different inputs.</param>
public sealed record FewQkvAttentionTile(int TokenTiles, int Parts, int WarpsN, int WarpsK)
{
    /// <summary>Tokens of a tile: the rows of one <c>mma.m16n8k16</c>.</summary>
    public const int M = 16;

    /// <summary>Columns of Q, K and V of a head.</summary>
    internal const int HeadColumns = 3 * FewQkvAttentionKernel.HeadSize;

    /// <summary>Tokens of the bucket, and keys that a query may have.</summary>
    public int Keys => M * TokenTiles;

    /// <summary>Blocks of a head.</summary>
    public int Ranks => TokenTiles * Parts;

    /// <summary>How a block divides its product.</summary>
    internal ResidentTile Block => new(M, HeadColumns / Parts, WarpsN, WarpsK, 1);

    /// <inheritdoc/>
    public override string ToString() => $"t{TokenTiles}_p{Parts}_w{WarpsN}x{WarpsK}";
}
