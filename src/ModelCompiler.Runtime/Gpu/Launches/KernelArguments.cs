using System.Runtime.InteropServices;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

// The launch arguments of the kernels, field for field as in native/include/mc; the sizes are asserted on both sides.
// Fields are device addresses, 0 where a kernel's epilogue does not name them.

/// <summary>mc::QuantizedRows of quantize.cuh, 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct QuantizedRows
{
    public ulong Codes, Scale, Lo, CodeSum;
    public float StaticScale, StaticLo, Clip;
    public int Reserved;
}

/// <summary>mc::GemmArguments of gemm_arguments.cuh, 176 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GemmArguments
{
    public ulong TokenCount, Activations, ActivationScale, ActivationLo, ActivationSum;
    public ulong Weights, WeightScale, WeightLo, WeightCorrection, Bias;
    public ulong Residual, Gamma, Beta, Output;
    public QuantizedRows Quantized;
    public ulong RowSlots, RangeParts;
}

/// <summary>mc::hopper::GemmArguments of hopper/gemm_arguments.cuh, 320 bytes: the map is aligned to 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 320)]
internal struct MappedGemmArguments
{
    public TensorMap Activations;
    public GemmArguments Linear;
}

/// <summary>mc::AttentionArguments of attention_config.cuh, 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AttentionArguments
{
    public ulong Qkv, Output, SequenceStarts, SequenceCount, TokenCount;
    public QuantizedRows Quantized;
}

/// <summary>mc::hopper::AttentionArguments of hopper/attention_config.cuh, 256 bytes: the map is aligned to 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct MappedAttentionArguments
{
    /// <summary>Rows of a box of the map, 128 bytes each.</summary>
    public const int BoxRows = 64;

    public TensorMap Qkv;
    public AttentionArguments Attention;
    public ulong Rendezvous;
}

/// <summary>mc::hopper::QkvAttentionArguments of hopper/qkv_attention_config.cuh, 256 bytes: the map is aligned to 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct QkvAttentionArguments
{
    public TensorMap Activations;
    public ulong Tiles, TileCount, ActivationScale, Weights, WeightScale, Bias, HeadRanges;
    public QuantizedRows Quantized;
}

/// <summary>mc::hopper::FewQkvAttentionArguments of hopper/few_qkv_attention_config.cuh, 192 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FewQkvAttentionArguments
{
    public GemmArguments Linear;
    public ulong SequenceStarts, SequenceCount;
}

/// <summary>mc::RowsArguments of rows.cuh, 96 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RowsArguments
{
    public ulong Input, Gamma, Beta, TokenCount, Output;
    public QuantizedRows Quantized;
    public float Epsilon;
    public int Reserved;
}

/// <summary>mc::EmbeddingArguments of embedding.cuh, 144 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbeddingArguments
{
    public ulong TokenIds, TypeIds, Word, Position, Type, Gamma, Beta, SequenceStarts, SequenceCount, TokenCount, Output;
    public QuantizedRows Quantized;
    public float Epsilon;
    public int PositionOffset;
}

/// <summary>mc::PoolArguments of pool.cuh, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PoolArguments
{
    public ulong Input, Output, SequenceStarts, SequenceCount;
}

/// <summary>mc::HeadArguments of head_config.cuh, 48 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HeadArguments
{
    public ulong Input, Weight, Bias, Output, SequenceStarts, RowCount;
}
