using System.Globalization;
using System.Net;
using System.Text;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Reports;

/// <summary>One HTML page of results, without outside parts: verdicts, figures, roofline, every time.</summary>
public static class BenchmarkPage
{
    private const string Style =
        "body{font:15px sans-serif;margin:2em;color:#111827}section{max-width:90em}svg{display:block;margin:0 0 1em}"
        + ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(640px,1fr));gap:.5em}"
        + "table{border-collapse:collapse;margin:0 0 1.5em}td,th{padding:.3em .8em;text-align:right;border-bottom:1px solid #e5e7eb}"
        + "td:first-child,th:first-child{text-align:left;white-space:nowrap}.goal{background:#86efac}.must{background:#dcfce7}.missed{background:#fecaca}.none{background:#f3f4f6}"
        + "code{font-size:13px;overflow-wrap:anywhere}";

    /// <summary>The page.</summary>
    /// <param name="results">Results of one or more programs.</param>
    /// <param name="bars">What is asked of them; may be empty.</param>
    public static string Create(BenchmarkResults results, IReadOnlyList<AcceptanceBar> bars)
    {
        var view = new ResultsView(results);
        IReadOnlyList<AcceptanceResult> acceptance = AcceptanceBars.Judge(bars, view);
        IReadOnlyList<RooflineRow> roofline = RooflineView.Rows(view);
        var page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>ModelCompiler benchmarks</title>\n");
        page.Append($"<style>{Style}</style></head><body>\n<h1>ModelCompiler benchmarks</h1>\n");
        Section(page, "What was measured", Sources(results));
        if (acceptance.Count > 0)
            Section(page, "Against the bars", Acceptance(acceptance, view));
        Section(page, "Figure 1: rate of the products by part and size", string.Concat(view.Models.Select(m => Grid(Figures.GemmRates(view, m)))) + GemmNote);
        Section(page, "Figure 2: INT4 over INT8", string.Concat(view.Models.Select(m => Figures.Int4OverInt8(view, m))));
        Section(page, "Figure 3: over Hugging Face FP16", string.Concat(view.Models.Select(m => Grid(Figures.OverHuggingFace(view, m, acceptance)))) + (acceptance.Count > 0 ? MarksNote : ""));
        if (roofline.Count > 0)
            Section(page, "Distance to the roofline", string.Concat(view.Models.Select(m => Figures.RooflineShare(roofline, m))) + RooflineTables.Create(roofline, results));
        Section(page, "Latencies", Latencies(results));
        if (results.Parts.Count > 0)
            Section(page, "Parts of a layer", Parts(results));
        if (results.Kernels.Count > 0)
            Section(page, "Kernels, each launched by itself", Kernels(results));
        if (results.ColdStarts.Count > 0)
            Section(page, "Cold start", ColdStarts(results));
        if (results.Notes.Count > 0)
            Section(page, "Notes", $"<ul>\n{string.Concat(results.Notes.Select(n => $"<li>{Text(n)}</li>\n"))}</ul>\n");
        return page.Append("</body></html>\n").ToString();
    }

    private const string GemmNote =
        "<p>Each op meets weights of its own, as in a forward pass. This compiler's products include their epilogues (bias, GELU, residual, layer norm, "
        + "quantize); the libraries' are plain, INT8 with int32 results. "
        + "A sparse product counts as the dense one that it stands for.</p>\n";

    private const string MarksNote =
        "<p>Strokes are the bars of the table above, which are against the peer that it names; the fastest peer can be another one.</p>\n";

    private static void Section(StringBuilder page, string title, string content) =>
        page.Append($"<section><h2>{Text(title)}</h2>\n{content}</section>\n");

    private static string Grid(IReadOnlyList<string> charts) => charts.Count == 0 ? "" : $"<div class=\"grid\">\n{string.Concat(charts)}</div>\n";

    private static string Sources(BenchmarkResults results)
    {
        var table = new HtmlTable("program", "device", "driver", "versions", "commit", "date (UTC)");
        var commands = new StringBuilder();
        foreach (BenchmarkSource s in results.Sources)
        {
            table.Row(
                s.Tool, s.Device, s.Driver ?? "–", string.Join(", ", s.Versions.Select(v => $"{v.Key} {v.Value}")), s.Commit ?? "–",
                s.Date.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
            commands.Append($"<p><code>{Text(s.Command)}</code></p>\n");
        }

        return $"{table}{commands}<p>Clocks: <b>replay</b>, a CUDA graph replayed back to back between events of the GPU; <b>stream</b>, calls between events "
            + "of the GPU; <b>call</b>, from ids in host memory to results in host memory by the host's clock. Times are medians.</p>\n";
    }

    private static string Acceptance(IReadOnlyList<AcceptanceResult> acceptance, ResultsView view)
    {
        var table = new HtmlTable("model", "batch × sequence", "against", "its ms", "strategy", "ms", "times as fast", "must", "goal", "verdict", "by the call");
        foreach (AcceptanceResult a in acceptance)
        {
            (string text, string css) = a.Verdict switch
            {
                Verdict.Goal => ("goal", "goal"),
                Verdict.Must => ("must", "must"),
                Verdict.Missed => ("missed", "missed"),
                _ => ("not measured", "none"),
            };
            double? call = a.Own is null ? null
                : ResultsView.Ratio(view.PeerCall(a.Bar.Against, a.Bar.Shape), view.Own(a.Bar.Shape, a.Own.Precision, Clocks.Call));
            table.Row(
                a.Bar.Model, a.Bar.Shape.Text, a.Bar.Against, Number(a.Peer?.Milliseconds.Median, "0.000"), a.Own?.Precision ?? "–",
                Number(a.Own?.Milliseconds.Median, "0.000"), new(Number(a.Ratio, "0.00"), css), Number(a.Bar.Must, "0.##"), Number(a.Bar.Goal, "0.##"),
                new(text, css), Number(call, "0.00"));
        }

        return $"<p>The GPU's time: replays on this side; replays or the stream on the peer's. The last column compares calls with all copies.</p>\n{table}";
    }

    private static string Latencies(BenchmarkResults results)
    {
        var table = new HtmlTable("model", "batch × sequence", "runner", "precision", "clock", "median ms", "p10", "p90", "p99", "runs", "tokens/s");
        foreach (LatencyRow r in results.Latencies.OrderBy(r => r.Model, StringComparer.Ordinal).ThenBy(r => r.Batch * r.Sequence).ThenBy(r => r.Sequence).ThenBy(r => r.Clock, StringComparer.Ordinal))
        {
            Spread t = r.Milliseconds;
            table.Row(
                r.Model, new ModelShape(r.Model, r.Batch, r.Sequence).Text, r.Runner, r.Precision, r.Clock, Number(t.Median, "0.000"), Number(t.P10, "0.000"),
                Number(t.P90, "0.000"), Number(t.P99, "0.000"), t.Runs.ToString(CultureInfo.InvariantCulture), Number(r.TokensPerSecond, "0"));
        }

        return table.ToString();
    }

    private static string Parts(BenchmarkResults results)
    {
        var table = new HtmlTable("model", "part", "tokens", "sequence", "runner", "precision", "median µs", "p10", "p90", "TOPS");
        foreach (PartRow r in results.Parts.OrderBy(r => r.Model, StringComparer.Ordinal).ThenBy(r => EncoderParts.All.ToList().IndexOf(r.Part)).ThenBy(r => r.Tokens))
        {
            Spread t = r.Microseconds;
            table.Row(
                r.Model, r.Part, r.Tokens.ToString(CultureInfo.InvariantCulture), r.Sequence?.ToString(CultureInfo.InvariantCulture) ?? "", r.Runner, r.Precision,
                Number(t.Median, "0.00"), Number(t.P10, "0.00"), Number(t.P90, "0.00"), r.Tops is null ? "" : Number(r.Tops, "0.0"));
        }

        return table.ToString();
    }

    private static string Kernels(BenchmarkResults results)
    {
        var table = new HtmlTable("model", "batch × sequence", "precision", "launches", "median µs", "kernel");
        foreach (KernelRow r in results.Kernels)
        {
            table.Row(
                r.Model, new ModelShape(r.Model, r.Batch, r.Sequence).Text, r.Precision, r.Launches.ToString(CultureInfo.InvariantCulture),
                Number(r.Microseconds, "0.0"), r.Kernel);
        }

        return table.ToString();
    }

    private static string ColdStarts(BenchmarkResults results)
    {
        var table = new HtmlTable("model", "precision", "load ms", "first result ms", "from process start ms", "kernels");
        foreach (ColdStartRow r in results.ColdStarts)
        {
            table.Row(
                r.Model, r.Precision, Number(r.LoadMs, "0"), Number(r.FirstResultMs, "0"), Number(r.ProcessMs, "0"),
                string.Join(", ", r.Kernels.Select(k => $"{k.Value} {k.Key}")));
        }

        return table.ToString();
    }

    /// <summary>A number, or a dash where there is none.</summary>
    internal static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
