using System.Globalization;
using ModelCompiler.Core.Spec;
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
            double? rule = result.TimeOf(result.Rule)?.MedianUs;
            (string? fastest, CandidateOutcome.Measured? time) = result.Ranking.FirstOrDefault();
            table.AddRow(
                Markup.Escape(result.Work),
                $"{result.Tokens}",
                Markup.Escape(fastest is null ? "none" : fastest == result.Rule ? $"{fastest} (rule)" : fastest),
                Text(time?.MedianUs),
                Text(time?.SpreadUs),
                Text(rule),
                time is not null ? Gain(rule, time.MedianUs) : "",
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

    /// <summary>
    /// Whole encoders: with the rules' kernels, with those that are the fastest by themselves, and with those that are kept
    /// because they make the whole faster.
    /// </summary>
    public static void Write(TextChannels channels, IReadOnlyList<EncoderResult> encoders)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("whole encoder").NoWrap());
        foreach (string column in (string[])["tokens", "rules us", "fastest us", "kept us", "spread", "gain"])
            table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("kept");
        foreach (EncoderResult result in encoders)
        {
            table.AddRow(
                Markup.Escape($"{result.Times.Model} {string.Join(" ", result.Times.Parts.Distinct())}"),
                $"{result.Tokens}",
                Text(result.Times.RulesUs),
                Text(result.FastestUs),
                Text(result.Times.TunedUs),
                Text(result.Times.SpreadUs),
                Gain(result.Times.RulesUs, result.Times.TunedUs),
                Markup.Escape(result.Kept.Count == 0 ? "the rules' kernels" : string.Join(", ", result.Kept.Select(k => $"{k.Part}: {k.Swap.Candidate}"))));
        }

        channels.ResultConsole.Write(table);
    }

    /// <summary>The fastest precisions of each bucket beside the checkpoint's own.</summary>
    /// <param name="channels">Where to.</param>
    /// <param name="strategies">The schemes.</param>
    /// <param name="kernels">Which kernels both were measured with.</param>
    public static void Write(TextChannels channels, IReadOnlyList<StrategyResult> strategies, string kernels)
    {
        var table = new Table().Border(TableBorder.Simple).Title($"strategies, with {kernels} kernels").AddColumn(new TableColumn("tokens").RightAligned());
        foreach (EncoderPart part in QuantizationScheme.Parts)
            table.AddColumn(new TableColumn(part.ToString()).NoWrap());
        foreach (string column in (string[])["us", "checkpoint us", "gain"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (StrategyResult s in strategies)
        {
            table.AddRow(
            [
                $"{s.Tokens}", .. QuantizationScheme.Parts.Select(part => s.Scheme[part].ToString()), Text(s.MedianUs), Text(s.CheckpointUs),
                Gain(s.CheckpointUs, s.MedianUs),
            ]);
        }

        channels.ResultConsole.Write(table);
    }

    private static string Gain(double? from, double to) => from is { } time ? (time / to).ToString("0.000x", CultureInfo.InvariantCulture) : "";

    private static string Text(double? microseconds) => microseconds?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";
}
