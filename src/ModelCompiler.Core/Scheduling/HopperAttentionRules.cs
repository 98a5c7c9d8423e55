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

    /// <summary>Tokens that fill the chip several times: three heads a block in turn, and no multiprocessor idles for want of a cluster.</summary>
    private static readonly HopperAttentionTile[] s_full = [new(1, 1, 3, 64, 2, AcrossGrid: true), .. s_many];

    /// <summary>The same where blocks have nothing to tell one another: a block for each head and 64 tokens, which ends alone.</summary>
    private static readonly HopperAttentionTile[] s_fullOfSingles = [new(1, 1, 1, 64, 2), .. s_many];

    /// <summary>What may be the fastest for some length of sequences and number of heads.</summary>
    private static readonly HopperAttentionTile[] s_all =
    [
        new(1, 1, 1, 64, 2), new(1, 1, 1, 64, 3), new(1, 1, 1, 128, 2), new(1, 1, 2, 64, 2), new(1, 1, 3, 64, 2), new(1, 2, 1, 64, 2),
        new(1, 2, 1, 128, 2), new(1, 2, 2, 64, 2), new(1, 3, 1, 64, 2), new(1, 4, 1, 64, 2), new(2, 1, 1, 64, 2), new(2, 1, 1, 128, 2),
        new(2, 1, 2, 64, 2), new(2, 1, 2, 64, 3), new(2, 1, 3, 64, 2), new(2, 2, 1, 64, 2),
        new(1, 1, 2, 64, 2, AcrossGrid: true), new(1, 1, 3, 64, 2, AcrossGrid: true),
    ];

    /// <summary>The kernel for a bucket, or null where the rules have none that can do the work.</summary>
    public static HopperAttentionKernel? Kernel(AttentionWork work, EpilogueSpec epilogue, GpuArch arch, int bucketTokens) =>
        Kernels(Tiles(bucketTokens, epilogue), work, epilogue, arch).FirstOrDefault();

    /// <summary>Every kernel that can do the work.</summary>
    public static IEnumerable<HopperAttentionKernel> All(AttentionWork work, EpilogueSpec epilogue, GpuArch arch) => Kernels(s_all, work, epilogue, arch);

    private static IEnumerable<HopperAttentionKernel> Kernels(
        IEnumerable<HopperAttentionTile> tiles, AttentionWork work, EpilogueSpec epilogue, GpuArch arch) => arch != GpuArch.Sm90a
        ? []
        : tiles.Select(tile => new HopperAttentionKernel(arch, work.Heads, work.HeadSize, tile, epilogue)).Where(kernel => !ScheduleVerifier.Verify(kernel).Any());

    private static HopperAttentionTile[] Tiles(int bucketTokens, EpilogueSpec epilogue) => bucketTokens switch
    {
        > 64 and <= 256 => s_longKeys,
        <= 1024 => s_oneHead,
        <= 4096 => s_many,
        _ => epilogue.NeedsWholeRow ? s_full : s_fullOfSingles,
    };
}
