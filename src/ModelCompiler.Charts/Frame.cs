namespace ModelCompiler.Charts;

/// <summary>What charts have in common: title, plot area, y axis with its grid, legend.</summary>
internal sealed class Frame
{
    private const int Left = 64, Top = 40, Bottom = 52, LegendRow = 20, Swatch = 16, CharacterWidth = 7;

    private readonly SvgCanvas _canvas;
    private readonly int _right, _bottom;
    private int _legendRow;

    public Frame(SvgCanvas canvas, int width, int height, string title, string xLabel, string yLabel, Axis y, IEnumerable<string> legend)
    {
        (_canvas, Y) = (canvas, y);
        _right = width - 20 - Swatch - 8 - CharacterWidth * legend.Max(name => name.Length);
        _bottom = height - Bottom;
        canvas.Text(Left, 22, title, size: 15, bold: true);
        canvas.Text((Left + _right) / 2.0, height - 10, xLabel, TextAnchor.Middle);
        canvas.TextUpwards(16, (Top + _bottom) / 2.0, yLabel);
        foreach (double tick in y.Ticks)
        {
            canvas.Line(Left, PlaceY(tick), _right, PlaceY(tick), Palette.Grid);
            canvas.Text(Left - 8, PlaceY(tick) + 4, Axis.Label(tick), TextAnchor.End);
        }

        canvas.Line(Left, _bottom, _right, _bottom, Palette.Axis);
    }

    public Axis Y { get; }

    public double PlotLeft => Left;

    public double PlotRight => _right;

    public double PlotBottom => _bottom;

    public double PlaceX(double share) => Left + share * (_right - Left);

    public double PlaceY(double value) => _bottom - Y.Share(value) * (_bottom - Top);

    /// <summary>A label below the x axis.</summary>
    public void XLabel(double x, string text) => _canvas.Text(x, _bottom + 18, text, TextAnchor.Middle);

    /// <summary>A line of the legend: a block where it stands for bars, a stroke where it stands for lines.</summary>
    public void Legend(string name, string colour, bool isLine, string? dashes = null)
    {
        double x = _right + 12, y = Top + 8 + LegendRow * _legendRow++;
        if (isLine)
            _canvas.Line(x, y, x + Swatch, y, colour, dashes, thickness: 2);
        else
            _canvas.Rectangle(x, y - 6, Swatch, 12, colour);
        _canvas.Text(x + Swatch + 6, y + 4, name);
    }

    /// <summary>A dashed line across the plot, to compare with.</summary>
    public void Level(string name, double value)
    {
        _canvas.Line(Left, PlaceY(value), _right, PlaceY(value), Palette.Ink, "6 4");
        Legend(name, Palette.Ink, isLine: true, "6 4");
    }
}
