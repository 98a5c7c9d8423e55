using System.Globalization;
using System.Net;
using System.Text;

namespace ModelCompiler.Charts;

/// <summary>Where a text stands relative to its point.</summary>
public enum TextAnchor
{
    /// <summary>It begins there.</summary>
    Start,

    /// <summary>It is centred there.</summary>
    Middle,

    /// <summary>It ends there.</summary>
    End,
}

/// <summary>An SVG picture on white, shape by shape. Coordinates are pixels from the upper left corner.</summary>
/// <param name="width">Width.</param>
/// <param name="height">Height.</param>
public sealed class SvgCanvas(int width, int height)
{
    private readonly StringBuilder _shapes = new();

    /// <summary>A line; dashes as SVG's stroke-dasharray.</summary>
    public void Line(double x1, double y1, double x2, double y2, string colour, string? dashes = null, double thickness = 1) =>
        Add($"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{colour}\" stroke-width=\"{thickness:0.##}\"{Dashes(dashes)}/>\n");

    /// <summary>A filled rectangle.</summary>
    public void Rectangle(double x, double y, double width, double height, string colour) =>
        Add($"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" fill=\"{colour}\"/>\n");

    /// <summary>A filled disc.</summary>
    public void Disc(double x, double y, double radius, string colour) =>
        Add($"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" fill=\"{colour}\"/>\n");

    /// <summary>Connected points.</summary>
    public void Polyline(IEnumerable<(double X, double Y)> points, string colour, string? dashes = null)
    {
        string text = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.##},{p.Y:0.##}")));
        Add($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{Dashes(dashes)} points=\"{text}\"/>\n");
    }

    /// <summary>Text on a line.</summary>
    public void Text(double x, double y, string text, TextAnchor anchor = TextAnchor.Start, int size = 12, bool bold = false, string colour = Palette.Ink) =>
        Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\"{Style(anchor, size, bold, colour)}>{WebUtility.HtmlEncode(text)}</text>\n");

    /// <summary>A small text that stays readable on top of lines, because it has a white edge.</summary>
    public void Figure(double x, double y, string text) =>
        Add($"<text x=\"{x:0.##}\" y=\"{y:0.##}\"{Style(TextAnchor.Middle, 11, false, Palette.Ink)} stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{WebUtility.HtmlEncode(text)}</text>\n");

    /// <summary>Text that reads upwards.</summary>
    public void TextUpwards(double x, double y, string text, int size = 12) =>
        Add($"<text transform=\"translate({x:0.##} {y:0.##}) rotate(-90)\"{Style(TextAnchor.Middle, size, false, Palette.Ink)}>{WebUtility.HtmlEncode(text)}</text>\n");

    /// <summary>The SVG element.</summary>
    public string ToSvg() =>
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\">\n"
        + $"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{_shapes}</svg>\n";

    private static string Style(TextAnchor anchor, int size, bool bold, string colour) =>
        $" font-size=\"{size}\"{(anchor == TextAnchor.Start ? "" : anchor == TextAnchor.Middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"")}"
        + $"{(bold ? " font-weight=\"600\"" : "")}{(colour == Palette.Ink ? "" : $" fill=\"{colour}\"")}";

    private static string Dashes(string? dashes) => dashes is null ? "" : $" stroke-dasharray=\"{dashes}\"";

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture));
}
