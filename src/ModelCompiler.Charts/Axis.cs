using System.Globalization;

namespace ModelCompiler.Charts;

/// <summary>A scale with ticks at round values.</summary>
public sealed class Axis
{
    private readonly Func<double, double> _scale;
    private readonly double _first, _last;

    private Axis(Func<double, double> scale, double first, double last, IReadOnlyList<double> ticks)
    {
        (_scale, _first, _last, Ticks) = (scale, scale(first), scale(last), ticks);
    }

    /// <summary>Values to label, rising.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>An even scale that reaches from a tick at or below the least value to one at or above the greatest.</summary>
    /// <param name="least">Least value.</param>
    /// <param name="greatest">Greatest value.</param>
    /// <param name="intervals">About so many.</param>
    public static Axis Linear(double least, double greatest, int intervals = 5)
    {
        if (greatest <= least)
            greatest = least + 1;
        double step = RoundStep((greatest - least) / intervals);
        long from = (long)Math.Floor(least / step + 1e-9), to = (long)Math.Ceiling(greatest / step - 1e-9);
        double[] ticks = [.. Enumerable.Range(0, (int)(to - from) + 1).Select(i => (from + i) * step)];
        return new(static value => value, ticks[0], ticks[^1], ticks);
    }

    /// <summary>A logarithmic scale with a tick at each of the values themselves.</summary>
    /// <param name="values">At least one, all positive.</param>
    public static Axis Logarithmic(IEnumerable<double> values)
    {
        double[] ticks = [.. values.Distinct().Order()];
        return ticks[0] < ticks[^1]
            ? new(Math.Log2, ticks[0], ticks[^1], ticks)
            : new(Math.Log2, ticks[0] / 2, ticks[0] * 2, ticks);
    }

    /// <summary>A logarithmic scale with ticks at 1, 2 and 5 times powers of ten, from one at or below the least value to one at or above the greatest.</summary>
    /// <param name="least">Least value, positive.</param>
    /// <param name="greatest">Greatest value.</param>
    public static Axis Decades(double least, double greatest)
    {
        var ticks = new List<double>();
        for (int power = (int)Math.Floor(Math.Log10(least)); ticks.Count == 0 || ticks[^1] < greatest; power++)
            ticks.AddRange(from digit in (int[])[1, 2, 5] select digit * Math.Pow(10, power));
        int first = ticks.FindLastIndex(tick => tick <= least), last = ticks.FindIndex(tick => tick >= greatest);
        return new(Math.Log2, ticks[first], ticks[Math.Max(last, first + 1)], ticks[first..(Math.Max(last, first + 1) + 1)]);
    }

    /// <summary>Where a value lies: 0 at the low end, 1 at the high end.</summary>
    public double Share(double value) => (_scale(value) - _first) / (_last - _first);

    /// <summary>A tick as text.</summary>
    public static string Label(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>1, 2 or 5 times a power of ten, at least as large.</summary>
    private static double RoundStep(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        double digit = step / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }
}
