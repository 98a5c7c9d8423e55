using System.Globalization;
using System.Net;
using System.Text;

namespace ModelCompiler.Training.Reports;

/// <summary>A chart of lines over epochs as SVG, with an optional horizontal line to compare with.</summary>
/// <param name="title">Above the chart.</param>
/// <param name="xLabel">Below the x axis.</param>
/// <param name="yLabel">Beside the y axis.</param>
public sealed class LineChart(string title, string xLabel, string yLabel)
{
    private const int Width = 720, Height = 380, Left = 64, Right = 170, Top = 40, Bottom = 48, Ticks = 5;
    private static readonly string[] Colours = ["#0b6e99", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#475569", "#a16207", "#0e7490"];

    private readonly List<(string Name, IReadOnlyList<(double X, double Y)> Points)> _lines = [];
    private readonly List<(string Name, double Y)> _levels = [];

    /// <summary>Adds a line; one without points is left out.</summary>
    public LineChart Line(string name, IReadOnlyList<(double X, double Y)> points)
    {
        (double, double)[] finite = [.. points.Where(p => double.IsFinite(p.Y))];
        if (finite.Length > 0)
            _lines.Add((name, finite));
        return this;
    }

    /// <summary>Adds a horizontal line, such as the teacher's accuracy.</summary>
    public LineChart Level(string name, double? y)
    {
        if (y is { } value)
            _levels.Add((name, value));
        return this;
    }

    /// <summary>The SVG element.</summary>
    public string ToSvg()
    {
        var svg = new StringBuilder();
        svg.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"12\">\n"));
        svg.Append(Invariant($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/><text x=\"{Left}\" y=\"22\" font-size=\"15\" font-weight=\"600\">{Text(title)}</text>\n"));
        if (_lines.Count > 0)
            Draw(svg);
        return svg.Append("</svg>\n").ToString();
    }

    private void Draw(StringBuilder svg)
    {
        double xMax = _lines.Max(l => l.Points.Max(p => p.X)), xMin = Math.Min(0, _lines.Min(l => l.Points.Min(p => p.X)));
        IEnumerable<double> ys = _lines.SelectMany(l => l.Points.Select(p => p.Y)).Concat(_levels.Select(l => l.Y));
        (double yMin, double yMax) = (ys.Min(), ys.Max());
        double margin = yMax > yMin ? 0.05 * (yMax - yMin) : 1;
        (yMin, yMax) = (yMin - margin, yMax + margin);
        xMax = xMax > xMin ? xMax : xMin + 1;
        double X(double x) => Left + (x - xMin) / (xMax - xMin) * (Width - Left - Right);
        double Y(double y) => Height - Bottom - (y - yMin) / (yMax - yMin) * (Height - Top - Bottom);

        for (int i = 0; i <= Ticks; i++)
        {
            double x = xMin + (xMax - xMin) * i / Ticks, y = yMin + (yMax - yMin) * i / Ticks;
            svg.Append(Invariant($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):0.0}\" y2=\"{Y(y):0.0}\" stroke=\"#e5e7eb\"/>"));
            svg.Append(Invariant($"<text x=\"{Left - 8}\" y=\"{Y(y) + 4:0.0}\" text-anchor=\"end\">{y:0.##}</text>"));
            svg.Append(Invariant($"<text x=\"{X(x):0.0}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{x:0.#}</text>\n"));
        }

        svg.Append(Invariant($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\">{Text(xLabel)}</text>"));
        svg.Append(Invariant($"<text transform=\"translate(16 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{Text(yLabel)}</text>\n"));
        int row = 0;
        foreach ((string name, double y) in _levels)
        {
            svg.Append(Invariant($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):0.0}\" y2=\"{Y(y):0.0}\" stroke=\"#111827\" stroke-dasharray=\"6 4\"/>"));
            Legend(svg, row++, "#111827", $"{name} {Invariant($"{y:0.00}")}");
        }

        for (int i = 0; i < _lines.Count; i++)
        {
            string colour = Colours[i % Colours.Length];
            string points = string.Join(' ', _lines[i].Points.Select(p => Invariant($"{X(p.X):0.0},{Y(p.Y):0.0}")));
            svg.Append($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" points=\"{points}\"/>\n");
            Legend(svg, row++, colour, _lines[i].Name);
        }
    }

    private static void Legend(StringBuilder svg, int row, string colour, string name)
    {
        int y = Top + 10 + 18 * row, x = Width - Right + 12;
        svg.Append(Invariant($"<rect x=\"{x}\" y=\"{y - 8}\" width=\"14\" height=\"3\" fill=\"{colour}\"/><text x=\"{x + 20}\" y=\"{y - 2}\">{Text(name)}</text>\n"));
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
