using System.Globalization;
using System.Text;
using Spectre.Console;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Results for a terminal and for a table processor.</summary>
internal static class ResultsText
{
    /// <summary>Shows latencies, and parts and kernels where they were timed.</summary>
    public static void Show(TextChannels channels, BenchmarkResults results)
    {
        foreach (BenchmarkSource source in results.Sources)
            channels.Results.WriteLine($"{source.Device}{(source.Commit is { } commit ? $", commit {commit}" : "")}");
        foreach (ColdStartRow start in results.ColdStarts)
        {
            channels.Results.WriteLine(FormattableString.Invariant(
                $"{start.Model}, {start.Precision}: loaded in {start.LoadMs:0} ms, first result after {start.FirstResultMs:0} ms{(start.ProcessMs is { } ms ? FormattableString.Invariant($", {ms:0} ms from the start of the process") : "")}"));
            if (start.Kernels.Count > 0)
                channels.Results.WriteLine($"kernels: {string.Join(", ", start.Kernels.Select(o => $"{o.Value} {o.Key}"))}");
        }

        Table latencies = Table("precision", "batch x sequence", "clock", "median ms", "p10", "p90", "p99", "tokens/s");
        foreach (LatencyRow r in results.Latencies)
        {
            Spread t = r.Milliseconds;
            latencies.AddRow(
                r.Precision, $"{r.Batch} x {r.Sequence}", r.Clock, Text(t.Median), Text(t.P10), Text(t.P90), Text(t.P99),
                r.TokensPerSecond.ToString("0", CultureInfo.InvariantCulture));
        }

        channels.ResultConsole.Write(latencies);
        if (results.Parts.Count > 0)
        {
            Table parts = Table("precision", "tokens", "part", "median us", "p10", "p90", "TOPS");
            foreach (PartRow r in results.Parts)
            {
                Spread t = r.Microseconds;
                parts.AddRow(
                    r.Precision, r.Tokens.ToString(CultureInfo.InvariantCulture), r.Part, Text(t.Median), Text(t.P10), Text(t.P90),
                    r.Tops?.ToString("0.0", CultureInfo.InvariantCulture) ?? "");
            }

            channels.ResultConsole.Write(parts);
        }

        foreach (IGrouping<(string Precision, int Batch, int Sequence), KernelRow> shape in results.Kernels.GroupBy(k => (k.Precision, k.Batch, k.Sequence)))
        {
            channels.Results.WriteLine($"{shape.Key.Precision}, {shape.Key.Batch} x {shape.Key.Sequence}, each kernel launched by itself:");
            foreach (KernelRow k in shape)
                channels.Results.WriteLine(FormattableString.Invariant($"  {k.Launches,3} x {k.Microseconds,8:0.0} us  {k.Kernel}"));
        }
    }

    /// <summary>A line per batch under a line of names.</summary>
    public static string ToCsv(BenchmarkResults results)
    {
        var text = new StringBuilder("model,runner,precision,batch,sequence,clock,runs,median_ms,p10_ms,p90_ms,p99_ms,minimum_ms,tokens_per_second\n");
        foreach (LatencyRow r in results.Latencies)
        {
            Spread t = r.Milliseconds;
            text.Append(CultureInfo.InvariantCulture, $"{Quoted(r.Model)},{r.Runner},{Quoted(r.Precision)},{r.Batch},{r.Sequence},{r.Clock},{t.Runs},");
            text.Append(CultureInfo.InvariantCulture, $"{t.Median:0.0000},{t.P10:0.0000},{t.P90:0.0000},{t.P99:0.0000},{t.Minimum:0.0000},{r.TokensPerSecond:0}\n");
        }

        return text.ToString();
    }

    private static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (string column in columns)
            table.AddColumn(column is "precision" or "clock" or "part" or "batch x sequence" ? new TableColumn(column) : new TableColumn(column).RightAligned());
        return table;
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
