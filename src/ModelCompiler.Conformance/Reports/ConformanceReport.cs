using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelCompiler.Conformance;

/// <summary>The results of a run of the suite.</summary>
/// <param name="Executor">Name of the executor under test.</param>
/// <param name="Results">One per case, in order.</param>
/// <param name="Ops">One per kind of op, where the executor runs ops one by one; else empty.</param>
public sealed record ConformanceReport(string Executor, IReadOnlyList<ConformanceResult> Results, IReadOnlyList<OpResult> Ops)
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

    /// <summary>True where a case or a kind of op failed, too few labels are the same, or nothing was run.</summary>
    public bool Failed => FailedCases > 0 || Ops.Any(op => !op.Passed) || SameLabelShare < LeastSameLabelShare || Results.Count == 0;

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

        AppendOps(text);
        text.Append(CultureInfo.InvariantCulture, $"{Executor}: {Results.Count - FailedCases} passed, {FailedCases} failed, ");
        text.Append(CultureInfo.InvariantCulture, $"same top label on {100 * SameLabelShare:0.00} % of {LabelRows} rows (at least {100 * LeastSameLabelShare} %)");
        return text.ToString();
    }

    private void AppendOps(StringBuilder text)
    {
        if (Ops.Count == 0)
            return;
        int op = Ops.Max(o => o.Op.Length), result = Ops.Max(o => o.Result.Length);
        text.AppendLine();
        text.AppendLine("Each op on the operands that the CPU executor had; 'error' is of values, or of the scales of codes:");
        text.AppendLine($"{"op".PadRight(op)}  {"result".PadRight(result)}  {"ops",5}  {"elements",10}  {"different",9}  {"wrong",5}  {"error",7}  {"bound",7}  result");
        foreach (OpResult o in Ops)
        {
            text.AppendLine(
                $"{o.Op.PadRight(op)}  {o.Result.PadRight(result)}  {o.Ops,5}  {o.Elements,10}  {o.Different,9}  {o.Wrong,5}  {Text(o.Error),7}  {Text(o.ErrorBound),7}  {(o.Passed ? "pass" : "FAIL")}");
        }

        text.AppendLine();
        text.AppendLine($"{Ops.Count(o => o.Passed)} kinds of ops passed, {Ops.Count(o => !o.Passed)} failed");
    }

    private static string Text(double? error) => error is { } value ? value.ToString("0.0e-0", CultureInfo.InvariantCulture) : "none";
}
