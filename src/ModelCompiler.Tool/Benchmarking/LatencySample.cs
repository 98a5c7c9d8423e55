namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Times of equal runs, in milliseconds.</summary>
public sealed class LatencySample
{
    private readonly double[] _sorted;

    /// <summary>Takes over times in any order.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public LatencySample(IEnumerable<double> milliseconds)
    {
        _sorted = [.. milliseconds.Order()];
        if (_sorted.Length == 0)
            throw new ArgumentException("A sample has at least one time.", nameof(milliseconds));
    }

    /// <summary>Number of runs.</summary>
    public int Count => _sorted.Length;

    /// <summary>The shortest.</summary>
    public double Minimum => _sorted[0];

    /// <summary>Half of the runs took at most so long.</summary>
    public double Median => Percentile(50);

    /// <summary>The shortest time that at least this share of the runs kept within (nearest rank).</summary>
    /// <param name="percent">More than 0, up to 100.</param>
    public double Percentile(double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        return _sorted[(int)Math.Ceiling(percent / 100 * _sorted.Length) - 1];
    }
}
