using System.Globalization;
using System.Net;
using System.Text;
using ModelCompiler.Charts;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Reports;

/// <summary>One HTML page without outside parts: curves of runs over their teacher's line, and a table of results.</summary>
public static class ReportPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="title">Heading.</param>
    /// <param name="curves">One entry a run.</param>
    /// <param name="results">Rows of the table; runs that are not finished have none.</param>
    public static void Write(string path, string title, IReadOnlyList<RunCurves> curves, IReadOnlyList<TrainingResult> results)
    {
        var accuracy = new LineChart("Validation accuracy", "epoch", "%");
        var loss = new LineChart("Training loss", "epoch", "loss");
        foreach (RunCurves run in curves)
        {
            accuracy.Line(run.Name, run.Accuracy);
            loss.Line(run.Name, run.Loss);
        }

        foreach (double teacher in curves.Select(c => c.TeacherAccuracy).OfType<double>().Distinct())
            accuracy.Level("teacher", teacher);
        var page = new StringBuilder($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(title)}</title>\n");
        page.Append("<style>body{font:15px sans-serif;margin:2em;max-width:60em}td,th{padding:.3em .8em;text-align:right;border-bottom:1px solid #e5e7eb}td:first-child,th:first-child{text-align:left}</style></head><body>\n");
        page.Append($"<h1>{Text(title)}</h1>\n{accuracy.ToSvg()}{loss.ToSvg()}");
        if (results.Count > 0)
            page.Append(Table(results));
        page.Append("</body></html>\n");
        Replace(path, page.ToString());
    }

    /// <summary>Writes a file aside and renames it, so that a reader finds the old text or the new one.</summary>
    internal static void Replace(string path, string text)
    {
        string temporary = path + ".tmp";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }

    private static string Table(IReadOnlyList<TrainingResult> results)
    {
        var table = new StringBuilder("<table><tr><th>run</th><th>validation %</th><th>test %</th><th>teacher's test %</th><th>best step</th><th>steps</th><th>seed</th><th>seconds</th><th>device</th></tr>\n");
        foreach (TrainingResult r in results)
        {
            table.Append(string.Create(
                CultureInfo.InvariantCulture,
                $"<tr><td>{Text(r.Name)}</td><td>{100 * r.ValidationAccuracy:0.00}</td><td>{Percent(r.TestAccuracy)}</td><td>{Percent(r.TeacherTestAccuracy)}</td>"
                + $"<td>{r.BestStep}</td><td>{r.Steps}</td><td>{r.Seed}</td><td>{r.Seconds:0}</td><td>{Text(r.Device)}{(r.Processes > 1 ? $" × {r.Processes}" : "")}</td></tr>\n"));
        }

        return table.Append("</table>\n").ToString();
    }

    internal static string Percent(double? share) => share is { } value ? (100 * value).ToString("0.00", CultureInfo.InvariantCulture) : "–";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
