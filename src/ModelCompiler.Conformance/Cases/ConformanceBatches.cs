namespace ModelCompiler.Conformance;

/// <summary>Sequence lengths by the token total that they come to: mixed, with single tokens and the longest sequence among them.</summary>
internal static class ConformanceBatches
{
    /// <summary>Token buckets of the suite.</summary>
    public static int[] Buckets => [16, 128, 256];

    /// <summary>Token totals that the cases go round: one token, bucket boundaries and their neighbours, totals that no tile divides.</summary>
    public static IReadOnlyList<int> Totals { get; } = [127, 129, 17, 1, 128, 256, 16];

    /// <summary>Lengths for one of <see cref="Totals"/>, none above 128.</summary>
    public static int[] Of(int total) => total switch
    {
        1 => [1],
        16 => [.. Enumerable.Repeat(1, 16)],
        17 => [1, 14, 2],
        127 => [1, 64, 7, 33, 2, 20],
        128 => [128],
        129 => [3, 1, 31, 32, 1, 61],
        256 => [100, 1, 16, 128, 1, 10],
        _ => throw new ArgumentOutOfRangeException(nameof(total), total, "No batch of this many tokens."),
    };
}
