namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Equal runs in a few figures; the unit is that of the field that holds it.</summary>
/// <param name="Runs">How many there were.</param>
/// <param name="Median">Half took at most so long.</param>
/// <param name="P10">A tenth did.</param>
/// <param name="P90">Nine in ten did.</param>
/// <param name="P99">99 in 100 did.</param>
/// <param name="Minimum">The shortest.</param>
public sealed record Spread(int Runs, double Median, double P10, double P90, double P99, double Minimum)
{
    /// <summary>The figures of a sample.</summary>
    /// <param name="sample">Times in milliseconds.</param>
    /// <param name="scale">Units of the result in a millisecond.</param>
    public static Spread Of(LatencySample sample, double scale = 1) => new(
        sample.Count, scale * sample.Median, scale * sample.Percentile(10), scale * sample.Percentile(90), scale * sample.Percentile(99),
        scale * sample.Minimum);
}
