namespace ModelCompiler.Core.Scheduling;

/// <summary>How the QKV projection and the attention behind it are cut together (mc/hopper/qkv_attention_config.cuh).</summary>
/// <param name="Stages">Steps of 128 inputs in flight.</param>
/// <param name="Weights">Whether a block keeps those of its head, or they come with the activations.</param>
/// <param name="SharedTiles">Blocks of a cluster, which take neighbouring token tiles and receive weights together; 1 where weights stay.</param>
public sealed record QkvAttentionTile(int Stages, WeightFlow Weights, int SharedTiles = 1)
{
    /// <summary>Tokens of a tile: whole sequences, so the longest that the kernel can do.</summary>
    public const int Tokens = 128;

    /// <summary>Columns of Q, K and V of a head.</summary>
    internal const int HeadColumns = 3 * QkvAttentionKernel.HeadSize;

    /// <summary>True where a block keeps its weights.</summary>
    internal bool IsStationary => Weights == WeightFlow.Stationary;

    /// <summary>Rows of a box of the activations' map.</summary>
    public int BoxRows => IsStationary ? Tokens / 2 : Tokens;

    /// <summary>Bytes of a stage.</summary>
    internal int StageBytes => WgmmaTile.StepBytes * (IsStationary ? Tokens / 2 : Tokens + HeadColumns);

    /// <inheritdoc/>
    public override string ToString() => $"s{Stages}{(IsStationary ? "_kept" : "")}{(SharedTiles > 1 ? $"_x{SharedTiles}" : "")}";
}
