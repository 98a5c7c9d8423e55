using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelCompiler.Conformance;

/// <summary>The results of a run of the suite.</summary>
/// <param name="Executor">Name of the executor under test.</param>
/// <param name="Results">One per case, in order.</param>
public sealed record ConformanceReport(string Executor, IReadOnlyList<ConformanceResult> Results)
{
    /// <summary>Least share of rows with the reference's top label, over all cases; docs/numerics.md, bounds.</summary>
    public const double LeastSameLabelShare = 0.995;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Cases that failed.</summary>
    public int FailedCases => Results.Count(result => !result.Passed);

    /// <summary>Rows with labels, of all cases.</summary>
    public int LabelRows => Results.Sum(result => result.LabelRows);

    /// <summary>Share of rows with the reference's top label; 1 where no case has labels.</summary>
    public double SameLabelShare => LabelRows == 0 ? 1 : (double)Results.Sum(result => result.SameLabels) / LabelRows;

    /// <summary>True where a case failed, too few labels are the same, or nothing was run.</summary>
    public bool Failed => FailedCases > 0 || SameLabelShare < LeastSameLabelShare || Results.Count == 0;

    /// <summary>The report as JSON: executor, summary and results.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>One line a case, the failed checks below it, and a line with the count.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        int width = Results.Select(result => result.Name.Length).Append(4).Max();
        text.AppendLine($"{"case".PadRight(width)}  {"output",10}  {"hidden",10}  {"bound",10}  result");
        foreach (ConformanceResult result in Results)
        {
            text.AppendLine(
                $"{result.Name.PadRight(width)}  {Text(result.OutputError),10}  {Text(result.HiddenError),10}  {Text(result.Bound),10}  {(result.Passed ? "pass" : "FAIL")}");
            foreach (string failure in result.Failures)
                text.AppendLine($"  {failure}");
        }

        text.Append(CultureInfo.InvariantCulture, $"{Executor}: {Results.Count - FailedCases} passed, {FailedCases} failed, ");
        text.Append(CultureInfo.InvariantCulture, $"same top label on {100 * SameLabelShare:0.00} % of {LabelRows} rows (at least {100 * LeastSameLabelShare} %)");
        return text.ToString();
    }

    private static string Text(double? error) => error is { } value ? value.ToString("0.0e-0", CultureInfo.InvariantCulture) : "none";
}
