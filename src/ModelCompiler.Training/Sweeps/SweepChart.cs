using System.Globalization;
using ModelCompiler.Charts;

namespace ModelCompiler.Training.Sweeps;

/// <summary>
/// The picture of a grid over epochs, as figure 7 of Wu et al., 2023: test accuracy against the number of epochs that a run
/// was given, a line for each combination of the other fields, over the teacher's line. Points are means over seeds.
/// </summary>
public static class SweepChart
{
    /// <summary>The chart; null where the rows do not differ in <c>training.epochs</c>.</summary>
    public static LineChart? OverEpochs(IReadOnlyList<SweepRow> rows)
    {
        if (rows.Select(r => r[SweepRow.Epochs]).OfType<string>().Distinct().Count() < 2)
            return null;
        var chart = new LineChart("Test accuracy, mean over seeds", "epochs of training", "%");
        foreach (double teacher in rows.SelectMany(r => r.Runs).Select(run => run.TeacherTestAccuracy).OfType<double>().Distinct())
            chart.Level("teacher", 100 * teacher);
        foreach (IGrouping<string, SweepRow> line in rows.Where(r => r.Test.Count > 0).GroupBy(NameOf))
            chart.Line(line.Key, [.. line.Select(r => (X: double.Parse(r[SweepRow.Epochs]!, CultureInfo.InvariantCulture), Y: r.Test.Average())).OrderBy(p => p.X)]);
        return chart;
    }

    private static string NameOf(SweepRow row) => string.Join(", ", row.Settings.Where(s => s.Field != SweepRow.Epochs).Select(s => s.Value));
}
