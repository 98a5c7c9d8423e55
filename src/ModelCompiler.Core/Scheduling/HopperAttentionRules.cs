using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Tiles of Hopper's attention by bucket, best first (bench/results: hopper_attention_bench on an H100).</summary>
internal static class HopperAttentionRules
{
    /// <summary>Few tokens: as many blocks as there are heads, all keys of a short sequence in one step.</summary>
    private static readonly HopperAttentionTile[] s_single = [new(1, 1, 1, 64, 2), new(1, 2, 1, 64, 2), new(1, 1, 2, 64, 2)];

    private static readonly HopperAttentionTile[] s_few = [new(1, 1, 1, 128, 2), new(1, 2, 1, 64, 2), new(1, 1, 2, 64, 2)];

    /// <summary>As many blocks as the chip has multiprocessors.</summary>
    private static readonly HopperAttentionTile[] s_some = [new(1, 1, 1, 64, 2), new(1, 2, 1, 64, 2), new(1, 1, 2, 64, 2)];

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
        <= 64 => s_single,
        <= 256 => s_few,
        <= 1024 => s_some,
        _ => s_many,
    };
}
