using System.Globalization;

namespace ModelCompiler.Charts;

/// <summary>A chart of bars from zero, in groups, with optional marks above each group and lines across.</summary>
/// <param name="title">Above the chart.</param>
/// <param name="xLabel">Below the x axis.</param>
/// <param name="yLabel">Beside the y axis.</param>
/// <param name="groups">Names of the groups.</param>
public sealed class BarChart(string title, string xLabel, string yLabel, IReadOnlyList<string> groups)
{
    private const double GroupShare = 0.78; // of a group's width is bars, the rest is the gap between groups

    private readonly List<(string Name, IReadOnlyList<double?> Values, string Colour)> _series = [];
    private readonly List<(string Name, IReadOnlyList<double?> Values)> _marks = [];
    private readonly List<(string Name, double Y)> _levels = [];

    /// <summary>Width of the picture in pixels.</summary>
    public int Width { get; init; } = 860;

    /// <summary>Height of the picture in pixels.</summary>
    public int Height { get; init; } = 380;

    /// <summary>How values are written on their bars.</summary>
    public string ValueFormat { get; init; } = "0.0";

    /// <summary>Adds a bar in each group.</summary>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="values">A value a group; no bar where null.</param>
    /// <param name="colour">Colour; the palette's next where null.</param>
    public BarChart Bars(string name, IReadOnlyList<double?> values, string? colour = null)
    {
        RequireOneEach(values);
        if (values.Any(v => v is not null))
            _series.Add((name, values, colour ?? Palette.Series[_series.Count % Palette.Series.Count]));
        return this;
    }

    /// <summary>Adds a stroke across each group, such as what was asked for.</summary>
    public BarChart Marks(string name, IReadOnlyList<double?> values)
    {
        RequireOneEach(values);
        if (values.Any(v => v is not null))
            _marks.Add((name, values));
        return this;
    }

    /// <summary>Adds a line across the chart.</summary>
    public BarChart Level(string name, double y)
    {
        _levels.Add((name, y));
        return this;
    }

    /// <summary>The SVG element.</summary>
    public string ToSvg()
    {
        var canvas = new SvgCanvas(Width, Height);
        if (_series.Count == 0)
            canvas.Text(64, 22, title, size: 15, bold: true);
        else
            Draw(canvas);
        return canvas.ToSvg();
    }

    private void Draw(SvgCanvas canvas)
    {
        double greatest = _series.SelectMany(s => s.Values).Concat(_marks.SelectMany(m => m.Values)).OfType<double>().Concat(_levels.Select(l => l.Y)).Max();
        string[] legend = [.. _series.Select(s => s.Name), .. _marks.Select(m => m.Name), .. _levels.Select(l => l.Name)];
        // Room for the figure on the longest bar.
        var frame = new Frame(canvas, Width, Height, title, xLabel, yLabel, Axis.Linear(0, 1.05 * greatest), legend);
        double group = (frame.PlotRight - frame.PlotLeft) / groups.Count, bar = GroupShare * group / _series.Count;
        double Left(int g) => frame.PlotLeft + group * (g + (1 - GroupShare) / 2);
        double Top(double value) => frame.PlaceY(value);
        for (int g = 0; g < groups.Count; g++)
        {
            frame.XLabel(frame.PlotLeft + group * (g + 0.5), groups[g]);
            for (int s = 0; s < _series.Count; s++)
            {
                if (_series[s].Values[g] is { } value)
                    canvas.Rectangle(Left(g) + s * bar + 1, Top(value), bar - 2, frame.PlotBottom - Top(value), _series[s].Colour);
            }

            for (int m = 0; m < _marks.Count; m++)
            {
                if (_marks[m].Values[g] is { } mark)
                    canvas.Line(Left(g) - 4, Top(mark), Left(g) + GroupShare * group + 4, Top(mark), Palette.Ink, MarkDashes(m), thickness: 1.5);
            }
        }

        foreach ((string name, _, string colour) in _series)
            frame.Legend(name, colour, isLine: false);
        for (int m = 0; m < _marks.Count; m++)
            frame.Legend(_marks[m].Name, Palette.Ink, isLine: true, MarkDashes(m));
        foreach ((string name, double y) in _levels)
            frame.Level(name, y);
        // Last, so that no line runs through a figure.
        for (int g = 0; g < groups.Count; g++)
        {
            for (int s = 0; s < _series.Count; s++)
            {
                if (_series[s].Values[g] is { } value)
                    canvas.Figure(Left(g) + (s + 0.5) * bar, Top(value) - 5, value.ToString(ValueFormat, CultureInfo.InvariantCulture));
            }
        }
    }

    private static string? MarkDashes(int mark) => mark == 0 ? null : "3 3";

    private void RequireOneEach(IReadOnlyList<double?> values)
    {
        if (values.Count != groups.Count)
            throw new ArgumentException($"Expected {groups.Count} values, found {values.Count}.", nameof(values));
    }
}
