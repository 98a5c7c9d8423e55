using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>Variables of both attention templates.</summary>
internal abstract class AnyAttentionView(KernelPlan kernel, int heads, int headSize) : KernelView(kernel)
{
    public int Heads => heads;

    public int HeadSize => headSize;

    public int HiddenSize => heads * headSize;

    public string Output => "mc::AttentionOutput::k" + (Quantizes ? "Quantized" : StoreType == "float" ? "Float" : "Half");
}

/// <summary>Variables of <c>attention.cu.hbs</c>.</summary>
internal sealed class AttentionView(AttentionKernel kernel) : AnyAttentionView(kernel, kernel.Heads, kernel.HeadSize)
{
    public int HeadsPerBlock => kernel.HeadsPerBlock;
}

/// <summary>Variables of <c>hopper_attention.cu.hbs</c>.</summary>
internal sealed class HopperAttentionView(HopperAttentionKernel kernel) : AnyAttentionView(kernel, kernel.Heads, kernel.HeadSize)
{
    public HopperAttentionTile Tile => kernel.Tile;

    public int BlocksPerTile => kernel.BlocksPerTile;
}

/// <summary>Variables of <c>qkv_attention.cu.hbs</c>.</summary>
internal sealed class QkvAttentionView(QkvAttentionKernel kernel) : AnyAttentionView(kernel, kernel.Heads, QkvAttentionKernel.HeadSize)
{
    public int K => kernel.Problem.K;

    public QkvAttentionTile Tile => kernel.Tile;

    public int TileTokens => QkvAttentionTile.Tokens;

    public bool IsStationary => kernel.Tile.IsStationary;

    public string Weights => $"mc::hopper::WeightFlow::k{kernel.Tile.Weights}";
}

/// <summary>Variables of <c>few_qkv_attention.cu.hbs</c>.</summary>
internal sealed class FewQkvAttentionView(FewQkvAttentionKernel kernel) : AnyAttentionView(kernel, kernel.Heads, FewQkvAttentionKernel.HeadSize)
{
    public int K => kernel.Problem.K;

    public string WeightOperand => CudaText.Operand(quantized: true, kernel.Problem.WeightBits, kernel.Problem.Precision.Weights.Symmetry);

    public FewQkvAttentionTile Tile => kernel.Tile;

    public int TileTokens => FewQkvAttentionTile.M;

    public int RangeParts => kernel.RangeParts;
}

/// <summary>Variables of <c>rows.cu.hbs</c>.</summary>
internal sealed class RowsView(RowsKernel kernel) : KernelView(kernel)
{
    public int Columns => kernel.Columns;

    public bool Normalizes => kernel.Epilogue.Ops.Any(op => op is EpilogueOp.LayerNorm);

    public string NormalizesLiteral => CudaText.Bool(Normalizes);
}

/// <summary>Variables of <c>embedding.cu.hbs</c>.</summary>
internal sealed class EmbeddingView(EmbeddingKernel kernel) : KernelView(kernel)
{
    public int HiddenSize => kernel.HiddenSize;

    public int PositionOffset => kernel.PositionOffset;

    public bool HasTokenTypes => kernel.HasTokenTypes;

    public string TokenTypes => "mc::TokenTypes::k" + (HasTokenTypes ? "Ids" : "None");
}

/// <summary>Variables of <c>pool.cu.hbs</c>.</summary>
internal sealed class PoolView(PoolKernel kernel) : KernelView(kernel)
{
    public int Columns => kernel.Columns;

    public bool IsMean => kernel.Kind == PoolKind.Mean;

    public bool Normalizes => kernel.Normalize;

    public string Pooling => $"mc::Pooling::k{kernel.Kind}";

    public string NormalizesLiteral => CudaText.Bool(Normalizes);
}

/// <summary>Variables of <c>dense.cu.hbs</c>.</summary>
internal sealed class DenseView(DenseKernel kernel) : KernelView(kernel)
{
    private readonly ActivationFunction? _function = kernel.Epilogue.Ops.OfType<EpilogueOp.Activation>().FirstOrDefault()?.Function;

    public int N => kernel.N;

    public int K => kernel.K;

    public int FeaturesPerBlock => DenseKernel.FeaturesPerBlock;

    public int BlocksPerMultiprocessor => kernel.BlocksPerMultiprocessor;

    public string RowName => kernel.Rows == RowDomain.Tokens ? "tokens" : "sequences";

    public bool PicksFirstTokens => kernel.PicksFirstTokens;

    public string InputRows => kernel.PicksFirstTokens ? "tokens" : RowName;

    public string Input => "mc::HeadInput::k" + (kernel.PicksFirstTokens ? "FirstTokens" : "EachRow");

    public string Activation => "mc::HeadActivation::k" + (_function?.ToString() ?? "None");

    public string Function => _function switch
    {
        null => "",
        ActivationFunction.Tanh => "tanh",
        ActivationFunction.Relu => "relu",
        _ => throw new ArgumentOutOfRangeException(nameof(kernel), _function, "Heads end in tanh, relu or nothing."),
    };
}
