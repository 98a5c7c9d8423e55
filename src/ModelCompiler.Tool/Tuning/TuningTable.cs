using System.Globalization;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using Spectre.Console;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Results for a person.</summary>
internal static class TuningTable
{
    /// <summary>A line for each work and bucket, then the candidates that were left out and why.</summary>
    public static void Write(TextChannels channels, IReadOnlyList<WorkResult> results)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("work").NoWrap());
        table.AddColumn(new TableColumn("tokens").RightAligned()).AddColumn(new TableColumn("fastest").NoWrap());
        foreach (string column in (string[])["us", "spread", "rule us", "gain", "candidates"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (WorkResult result in results)
        {
            double? rule = (result.Outcomes.FirstOrDefault(o => o.Candidate == result.Rule).Outcome as CandidateOutcome.Measured)?.MedianUs;
            TuningEntry? best = result.Entry;
            table.AddRow(
                Markup.Escape(result.Work),
                $"{result.Tokens}",
                Markup.Escape(best is null ? "none" : best.Candidate == result.Rule ? $"{best.Candidate} (rule)" : best.Candidate),
                Text(best?.MedianUs),
                Text(best?.SpreadUs),
                Text(rule),
                best is not null && rule is { } time ? (time / best.MedianUs).ToString("0.00x", CultureInfo.InvariantCulture) : "",
                $"{result.Outcomes.Count}");
        }

        channels.ResultConsole.Write(table);
        foreach (WorkResult result in results)
        {
            foreach ((string candidate, CandidateOutcome outcome) in result.Outcomes)
            {
                if (outcome is CandidateOutcome.Disqualified disqualified)
                    channels.Results.WriteLine($"left out: {new TuningKey(result.Work, result.Tokens, candidate)}: {disqualified.Reason}");
            }
        }
    }

    /// <summary>The fastest precisions of each bucket beside the checkpoint's own.</summary>
    public static void Write(TextChannels channels, IReadOnlyList<StrategyResult> strategies)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("tokens").RightAligned());
        foreach (EncoderPart part in QuantizationScheme.Parts)
            table.AddColumn(new TableColumn(part.ToString()).NoWrap());
        foreach (string column in (string[])["us", "checkpoint us", "gain"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (StrategyResult s in strategies)
        {
            table.AddRow(
            [
                $"{s.Tokens}", .. QuantizationScheme.Parts.Select(part => s.Scheme[part].ToString()), Text(s.MedianUs), Text(s.CheckpointUs),
                (s.CheckpointUs / s.MedianUs).ToString("0.00x", CultureInfo.InvariantCulture),
            ]);
        }

        channels.ResultConsole.Write(table);
    }

    private static string Text(double? microseconds) => microseconds?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";
}
