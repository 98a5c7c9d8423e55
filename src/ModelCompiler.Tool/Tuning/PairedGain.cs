namespace ModelCompiler.Tool.Tuning;

/// <summary>
/// What one variant gains on another by rounds in which both were measured: a drift of the chip's clock is in both of a
/// round and cancels.
/// </summary>
/// <param name="Share">Median over rounds of the share of the other's time that is saved; negative for a loss.</param>
/// <param name="Noise">
/// Half the width of that median's 99.9 % interval where rounds differ by normal noise: 3.29 sqrt(pi / 2) sigma / sqrt(rounds), and
/// sigma is the distance between the quartiles over 1.349. So wide, because a search compares dozens and takes the best.
/// </param>
internal readonly record struct PairedGain(double Share, double Noise)
{
    /// <summary>A gain below is none, however quiet the rounds were: other batches would not show it.</summary>
    private const double Least = 0.003;

    private const double QuartilesToInterval = 3.06;

    /// <summary>True for a gain beyond the noise.</summary>
    public bool IsReal => Share > Math.Max(Least, Noise);

    /// <summary>The gain of a variant.</summary>
    /// <param name="variant">Its time in each round.</param>
    /// <param name="other">The other's in the same rounds.</param>
    public static PairedGain Of(IReadOnlyList<double> variant, IReadOnlyList<double> other)
    {
        double[] shares = [.. variant.Zip(other, (v, o) => 1 - v / o).Order()];
        return new(shares[shares.Length / 2], QuartilesToInterval * Spread(shares) / Math.Sqrt(shares.Length));
    }

    /// <summary>Median of times in any order.</summary>
    public static double Median(IEnumerable<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Distance between the quartiles.</summary>
    public static double Spread(IEnumerable<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4];
    }
}
