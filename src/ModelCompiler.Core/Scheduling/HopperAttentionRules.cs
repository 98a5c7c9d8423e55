using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of Hopper's attention by bucket, best first (bench/results: hopper_attention_bench on an H100).</summary>
internal static class HopperAttentionRules
{
    /// <summary>Few tokens of sequences that may be longer than 64: all keys of one in one step.</summary>
    private static readonly HopperAttentionTile[] s_longKeys = [new(1, 1, 1, 128, 2), new(1, 2, 1, 64, 2), new(1, 1, 2, 64, 2)];

    /// <summary>A block for each head and 64 tokens, so that few tokens too spread over the chip.</summary>
    private static readonly HopperAttentionTile[] s_oneHead = [new(1, 1, 1, 64, 2), new(1, 2, 1, 64, 2), new(1, 1, 2, 64, 2)];

    /// <summary>Many tokens: query groups share keys, heads follow each other while the next one's operands travel.</summary>
    private static readonly HopperAttentionTile[] s_many = [new(2, 1, 2, 64, 2), new(1, 2, 1, 64, 2), new(1, 1, 1, 64, 2)];

    /// <summary>The kernel for a bucket, or null where this kernel cannot do the work.</summary>
    public static HopperAttentionKernel? Kernel(AttentionOp op, EpilogueSpec epilogue, GpuArch arch, int bucketTokens) =>
        arch != GpuArch.Sm90a
            ? null
            : Tiles(bucketTokens)
                .Select(tile => new HopperAttentionKernel(arch, op.Heads, op.HeadSize, tile, epilogue))
                .FirstOrDefault(kernel => !ScheduleVerifier.Verify(kernel).Any());

    private static HopperAttentionTile[] Tiles(int bucketTokens) => bucketTokens switch
    {
        > 64 and <= 256 => s_longKeys,
        <= 1024 => s_oneHead,
        _ => s_many,
    };
}
