using System.Globalization;

namespace ModelCompiler.Charts;

/// <summary>A chart of lines, with optional horizontal lines to compare with.</summary>
/// <param name="title">Above the chart.</param>
/// <param name="xLabel">Below the x axis.</param>
/// <param name="yLabel">Beside the y axis.</param>
public sealed class LineChart(string title, string xLabel, string yLabel)
{
    private readonly List<Series> _lines = [];
    private readonly List<(string Name, double Y)> _levels = [];

    /// <summary>Width of the picture in pixels.</summary>
    public int Width { get; init; } = 720;

    /// <summary>Height of the picture in pixels.</summary>
    public int Height { get; init; } = 380;

    /// <summary>The x axis is logarithmic, with a tick at each point.</summary>
    public bool LogarithmicX { get; init; }

    /// <summary>The y axis is logarithmic; values are positive then.</summary>
    public bool LogarithmicY { get; init; }

    /// <summary>A disc at each point.</summary>
    public bool Markers { get; init; }

    /// <summary>Adds a line; one without points is left out.</summary>
    /// <param name="name">Its name in the legend.</param>
    /// <param name="points">Points in the order of x.</param>
    /// <param name="colour">Colour; the palette's next where null.</param>
    /// <param name="dashes">Dashes as SVG's stroke-dasharray; none where null.</param>
    public LineChart Line(string name, IReadOnlyList<(double X, double Y)> points, string? colour = null, string? dashes = null)
    {
        (double, double)[] finite = [.. points.Where(p => double.IsFinite(p.Y))];
        if (finite.Length > 0)
            _lines.Add(new(name, finite, colour ?? Palette.Series[_lines.Count % Palette.Series.Count], dashes));
        return this;
    }

    /// <summary>Adds a horizontal line, such as the teacher's accuracy.</summary>
    public LineChart Level(string name, double? y)
    {
        if (y is { } value)
            _levels.Add(($"{name} {value.ToString("0.00", CultureInfo.InvariantCulture)}", value));
        return this;
    }

    /// <summary>The SVG element.</summary>
    public string ToSvg()
    {
        var canvas = new SvgCanvas(Width, Height);
        if (_lines.Count == 0)
            canvas.Text(64, 22, title, size: 15, bold: true);
        else
            Draw(canvas);
        return canvas.ToSvg();
    }

    private void Draw(SvgCanvas canvas)
    {
        double[] xs = [.. _lines.SelectMany(l => l.Points.Select(p => p.X))];
        double[] ys = [.. _lines.SelectMany(l => l.Points.Select(p => p.Y)), .. _levels.Select(l => l.Y)];
        Axis x = LogarithmicX ? Axis.Logarithmic(xs) : Axis.Linear(Math.Min(0, xs.Min()), xs.Max());
        Axis y = LogarithmicY ? Axis.Decades(ys.Min(), ys.Max()) : Axis.Linear(ys.Min(), ys.Max());
        var frame = new Frame(canvas, Width, Height, title, xLabel, yLabel, y, _lines.Select(l => l.Name).Concat(_levels.Select(l => l.Name)));
        foreach (double tick in x.Ticks)
            frame.XLabel(frame.PlaceX(x.Share(tick)), Axis.Label(tick));
        foreach ((string name, double level) in _levels)
            frame.Level(name, level);
        foreach (Series line in _lines)
        {
            (double X, double Y)[] places = [.. line.Points.Select(p => (frame.PlaceX(x.Share(p.X)), frame.PlaceY(p.Y)))];
            canvas.Polyline(places, line.Colour, line.Dashes);
            foreach ((double px, double py) in Markers ? places : [])
                canvas.Disc(px, py, 3, line.Colour);
            frame.Legend(line.Name, line.Colour, isLine: true, line.Dashes);
        }
    }

    private sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points, string Colour, string? Dashes);
}
