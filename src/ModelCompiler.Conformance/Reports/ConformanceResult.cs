namespace ModelCompiler.Conformance;

/// <summary>What one case came to.</summary>
/// <param name="Name">Name of the case.</param>
/// <param name="Tokens">Tokens of its batch.</param>
/// <param name="OutputError">Relative L2 error of the output against the CPU executor; null where it could not be taken.</param>
/// <param name="HiddenError">Relative L2 error of the last hidden state; null where it could not be taken.</param>
/// <param name="Bound">Greatest of these errors allowed.</param>
/// <param name="LabelRows">Rows with labels: 0 for heads that are no classifiers.</param>
/// <param name="SameLabels">Those of them whose top label is the reference's.</param>
/// <param name="Milliseconds">Time of the case, reference and weights included.</param>
/// <param name="Failures">Every check that did not hold, with what was expected and found; empty for a case that passes.</param>
public sealed record ConformanceResult(
    string Name, int Tokens, double? OutputError, double? HiddenError, double Bound, int LabelRows, int SameLabels, double Milliseconds,
    IReadOnlyList<string> Failures)
{
    /// <summary>True where every check holds.</summary>
    public bool Passed => Failures.Count == 0;
}
