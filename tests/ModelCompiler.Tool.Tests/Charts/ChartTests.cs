using System.Globalization;
using System.Xml.Linq;
using ModelCompiler.Charts;

namespace ModelCompiler.Tool.Tests.Charts;

public class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(0, 4.7, new[] { 0.0, 1, 2, 3, 4, 5 })]
    [InlineData(93, 101, new[] { 92.0, 94, 96, 98, 100, 102 })]
    [InlineData(0, 0, new[] { 0, 0.2, 0.4, 0.6, 0.8, 1.0 })]
    public void Even_scales_have_round_ticks_around_the_values(double least, double greatest, double[] ticks) =>
        Axis.Linear(least, greatest).Ticks.ShouldBe(ticks, 1e-9);

    [Theory]
    [InlineData(30, 700, new[] { 20.0, 50, 100, 200, 500, 1000 })]
    [InlineData(100, 100, new[] { 100.0, 200 })]
    [InlineData(0.3, 1.5, new[] { 0.2, 0.5, 1, 2 })]
    public void Decades_have_ticks_at_1_2_and_5(double least, double greatest, double[] ticks) =>
        Axis.Decades(least, greatest).Ticks.ShouldBe(ticks, 1e-9);

    [Fact]
    public void A_logarithmic_scale_spaces_doublings_evenly()
    {
        var axis = Axis.Logarithmic([32, 128, 512]);
        axis.Share(32).ShouldBe(0);
        axis.Share(128).ShouldBe(0.5, 1e-12);
        axis.Share(512).ShouldBe(1);
    }

    [Fact]
    public void Bars_are_as_long_as_their_values_and_stand_on_the_axis()
    {
        string svg = new BarChart("t", "x", "y", ["a", "b"]).Bars("s", [2.0, 4.0]).Level("one", 1).ToSvg();
        XElement[] bars = [.. XElement.Parse(svg).Descendants(Svg + "rect").Where(r => r.Attribute("fill")!.Value == Palette.Series[0]).Take(2)];
        (Number(bars[1], "height") / Number(bars[0], "height")).ShouldBe(2, 0.01);
        double bottom = Number(bars[0], "y") + Number(bars[0], "height");
        (Number(bars[1], "y") + Number(bars[1], "height")).ShouldBe(bottom, 0.02);
        // The level at 1 is half as high as the bar of 2.
        XElement level = XElement.Parse(svg).Descendants(Svg + "line").First(l => l.Attribute("stroke-dasharray") is not null);
        (bottom - Number(level, "y1")).ShouldBe(Number(bars[0], "height") / 2, 0.02);
    }

    [Fact]
    public void A_missing_value_leaves_a_gap_and_a_series_without_values_is_left_out()
    {
        string svg = new BarChart("t", "x", "y", ["a", "b"]).Bars("s", [null, 4.0]).Bars("empty", [null, null]).ToSvg();
        XElement.Parse(svg).Descendants(Svg + "rect").Count().ShouldBe(3); // background, bar, legend
        svg.ShouldNotContain("empty");
    }

    [Fact]
    public void Values_must_match_the_groups() =>
        Should.Throw<ArgumentException>(() => new BarChart("t", "x", "y", ["a", "b"]).Bars("s", [1.0]));

    [Fact]
    public void Charts_without_values_show_their_title()
    {
        new LineChart("nothing <yet>", "x", "y").Line("l", [(1, double.NaN)]).ToSvg().ShouldContain("nothing &lt;yet&gt;");
        new BarChart("nothing yet", "x", "y", []).ToSvg().ShouldContain("nothing yet");
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string Draw() => new LineChart("t", "x", "y").Line("l", [(0, 0.25), (1, 0.75)]).Level("half", 0.5).ToSvg();
        string expected = Draw();
        try
        {
            var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = commas;
            Draw().ShouldBe(expected);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
