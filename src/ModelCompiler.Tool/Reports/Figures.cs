using ModelCompiler.Charts;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Reports;

/// <summary>
/// The figures of "Understanding INT4 Quantization for Language Models" (Wu et al., ICML 2023) on the chip that was measured,
/// and the distance to its roofline.
/// </summary>
public static class Figures
{
    private const string Int4 = "w4a4", Int8 = "w8a8", Half = "fp16", Eager = "hf-eager", Dashes = "6 4";

    private static readonly string Int4Colour = Palette.Series[0], Int8Colour = Palette.Series[1], HalfColour = Palette.Series[2], BestColour = Palette.Series[3];

    /// <summary>Runner, precision, name in the legend and looks of the lines of Figure 1.</summary>
    private static readonly (string Runner, string Precision, string Name, string Colour, string? Dashes)[] GemmLines =
    [
        (ResultsView.Ours, Int4, "INT4 (W4A4)", Int4Colour, null),
        (ResultsView.Ours, Int8, "INT8 (W8A8)", Int8Colour, null),
        (ResultsView.Ours, Int4 + "-2of4", "INT4, 2:4 sparse", Palette.Series[3], null),
        (ResultsView.Ours, Int8 + "-2of4", "INT8, 2:4 sparse", Palette.Series[6], null),
        (ResultsView.Ours, Half, "FP16", HalfColour, null),
        ("cublaslt", "int8", "cuBLASLt INT8", Int8Colour, Dashes),
        ("cublas", "fp16", "cuBLAS FP16", HalfColour, Dashes),
    ];

    /// <summary>Figure 1: a chart for each of the four products, rate over tokens.</summary>
    public static IReadOnlyList<string> GemmRates(ResultsView view, string model)
    {
        var charts = new List<string>();
        foreach (string part in EncoderParts.Linear)
        {
            PartRow[] rows = [.. view.Results.Parts.Where(r => r.Model == model && r.Part == part && r.Tops is not null)];
            if (rows.Length == 0)
                continue;
            var chart = new LineChart($"{model}, {part}, N = {rows[0].N}, K = {rows[0].K}", "tokens", "TOPS")
            {
                Width = 640, Height = 340, LogarithmicX = true, LogarithmicY = true, Markers = true,
            };
            foreach ((string runner, string precision, string name, string colour, string? dashes) in GemmLines)
            {
                chart.Line(
                    name, [.. rows.Where(r => r.Runner == runner && r.Precision == precision).OrderBy(r => r.Tokens).Select(r => ((double)r.Tokens, r.Tops!.Value))],
                    colour, dashes);
            }

            charts.Add(chart.ToSvg());
        }

        return charts;
    }

    /// <summary>Figure 2: INT4 and the best strategy over INT8, whole batches by replay.</summary>
    public static string Int4OverInt8(ResultsView view, string model)
    {
        IReadOnlyList<ModelShape> shapes = view.Shapes(model);
        LatencyRow? Eight(ModelShape shape) => view.Own(shape, Int8, Clocks.Replay);
        return new BarChart($"{model}: speed-up over INT8 (W8A8)", "batch × sequence", "times as fast", [.. shapes.Select(s => s.Text)]) { ValueFormat = "0.00" }
            .Bars("INT4 (W4A4)", [.. shapes.Select(s => ResultsView.Ratio(Eight(s), view.Own(s, Int4, Clocks.Replay)))], Int4Colour)
            .Bars("best strategy", [.. shapes.Select(s => ResultsView.Ratio(Eight(s), view.Best(s, ResultsView.IsInteger, Clocks.Replay)))], BestColour)
            .Level("INT8", 1)
            .ToSvg();
    }

    /// <summary>Figure 3: the best strategy over Hugging Face FP16, in one chart over eager and in one over the fastest way that was timed.</summary>
    public static IReadOnlyList<string> OverHuggingFace(ResultsView view, string model, IReadOnlyList<AcceptanceResult> acceptance) =>
    [
        OverPeer(view, model, "eager", shape => view.Peer(Eager, shape), Palette.Series[5], [.. acceptance.Where(a => a.Bar.Against == Eager)]),
        OverPeer(view, model, "the fastest peer", view.BestPeer, Int4Colour, [.. acceptance.Where(a => a.Bar.Against != Eager)]),
    ];

    private static string OverPeer(
        ResultsView view, string model, string name, Func<ModelShape, LatencyRow?> peer, string colour, IReadOnlyList<AcceptanceResult> acceptance)
    {
        IReadOnlyList<ModelShape> shapes = view.Shapes(model);
        double?[] Asked(Func<AcceptanceBar, double?> value) =>
            [.. shapes.Select(s => acceptance.Where(a => a.Bar.Shape == s).Select(a => value(a.Bar)).FirstOrDefault())];
        return new BarChart($"{model}: best strategy over {name}, Hugging Face FP16", "batch × sequence", "times as fast", [.. shapes.Select(s => s.Text)]) { Width = 640 }
            .Bars("speed-up", [.. shapes.Select(s => ResultsView.Ratio(peer(s), view.Best(s, ResultsView.IsInteger, Clocks.Replay)))], colour)
            .Marks("must", Asked(b => b.Must))
            .Marks("goal", Asked(b => b.Goal))
            .ToSvg();
    }

    /// <summary>How much of the time that a batch takes the roofline explains.</summary>
    public static string RooflineShare(IReadOnlyList<RooflineRow> rows, string model)
    {
        RooflineRow[] own = [.. rows.Where(r => r.Shape.Model == model)];
        ModelShape[] shapes = [.. own.Select(r => r.Shape).Distinct()];
        var chart = new BarChart($"{model}: share of the roofline that is reached", "batch × sequence", "% of the measured time", [.. shapes.Select(s => s.Text)]) { ValueFormat = "0" };
        foreach (string precision in own.Select(r => r.Precision).Distinct())
        {
            chart.Bars(
                precision, [.. shapes.Select(s => own.FirstOrDefault(r => r.Shape == s && r.Precision == precision)?.Percent)],
                precision switch { Int4 => Int4Colour, Int8 => Int8Colour, Half => HalfColour, _ => BestColour });
        }

        return chart.ToSvg();
    }
}
