using System.Globalization;
using System.Text;

namespace ModelCompiler.Training.Sweeps;

/// <summary>The table of a grid in Markdown: settings, test accuracy (mean ± sample deviation over seeds, then seed by seed), seconds.</summary>
public static class SweepTable
{
    /// <summary>The table, and under it the teacher's accuracy where there is a teacher.</summary>
    public static string ToMarkdown(IReadOnlyList<SweepRow> rows)
    {
        int[] seeds = [.. rows.SelectMany(r => r.Runs).Select(run => run.Seed).Distinct().Order()];
        string[] fields = [.. rows.SelectMany(r => r.Settings).Select(s => s.Field).Distinct()];
        var table = new StringBuilder();
        Line(table, [.. fields.Select(ShortName), "test, %", .. seeds.Length > 1 ? seeds.Select(s => Invariant($"seed {s}")) : [], "seconds"]);
        Line(table, [.. Enumerable.Repeat("---", fields.Length + (seeds.Length > 1 ? seeds.Length : 0) + 2)]);
        foreach (SweepRow row in rows)
        {
            Line(table, [
                .. fields.Select(field => row[field] ?? ""),
                MeanAndDeviation(row.Test),
                .. seeds.Length > 1 ? seeds.Select(seed => Percent(row.Runs.FirstOrDefault(run => run.Seed == seed)?.TestAccuracy)) : [],
                Invariant($"{row.Runs.Average(run => run.Seconds):0}"),
            ]);
        }

        foreach (double teacher in rows.SelectMany(r => r.Runs).Select(run => run.TeacherTestAccuracy).OfType<double>().Distinct())
            table.Append(Invariant($"\nTeacher: {Percent(teacher)} %.\n"));
        return table.ToString();
    }

    /// <summary>Last name of a dotted field.</summary>
    internal static string ShortName(string field) => field[(field.LastIndexOf('.') + 1)..];

    private static string MeanAndDeviation(IReadOnlyList<double> percent)
    {
        if (percent.Count == 0)
            return "–";
        double mean = percent.Average();
        return percent.Count == 1
            ? Invariant($"{mean:0.00}")
            : Invariant($"{mean:0.00} ± {Math.Sqrt(percent.Sum(v => (v - mean) * (v - mean)) / (percent.Count - 1)):0.00}");
    }

    private static string Percent(double? share) => share is { } value ? Invariant($"{100 * value:0.00}") : "–";

    private static void Line(StringBuilder table, IReadOnlyList<string> cells) => table.Append($"| {string.Join(" | ", cells)} |\n");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
