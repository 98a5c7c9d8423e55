using System.Globalization;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>Holds an executor against the reference on one case, and collects what does not hold.</summary>
/// <param name="conformanceCase">The case.</param>
/// <param name="reference">The CPU executor.</param>
internal sealed class CaseComparison(ConformanceCase conformanceCase, IConformanceExecutor reference)
{
    /// <summary>Columns from which the error of a single row is held to a bound: a short row may by chance be near zero.</summary>
    private const int WideRow = 32;

    private double? _outputError;
    private double? _hiddenError;
    private int _labelRows;
    private int _sameLabels;

    /// <summary>Checks that did not hold.</summary>
    public List<string> Failures { get; } = [];

    private EncoderModel Model => conformanceCase.Model;

    /// <summary>Makes every check.</summary>
    public void Run(IConformanceExecutor executor)
    {
        ConformanceBatch batch = ConformanceBatch.Random(Model, conformanceCase.SequenceLengths, conformanceCase.Seed);
        ConformanceOutputs expected = ConformanceOutputs.Run(reference, Model, batch);
        ConformanceOutputs found = ConformanceOutputs.Run(executor, Model, batch);
        (_outputError, _hiddenError) = Compare("batch", found, expected);
        CompareLabels(found, expected);
        if (batch.Lengths.Length > 1)
        {
            Selected("sequence alone", [batch.Lengths.Length / 2]);
            Selected("reversed batch", [.. Enumerable.Range(0, batch.Lengths.Length).Reverse()]);
            Neighbours(executor, batch, found, changed: 1);
            Neighbours(executor, batch, found, changed: 0);
        }

        // Last, so that what smaller and other batches left behind in the executor's memory would show.
        if (!ConformanceOutputs.Run(executor, Model, batch).SameBits(found))
            Failures.Add("repeated: expected the bits of the first run of the same batch, found others");

        void Selected(string what, int[] sequences) => Compare(
            what, ConformanceOutputs.Run(executor, Model, batch.Select(sequences)), expected.Select(Model, batch, sequences));
    }

    /// <summary>What the checks came to.</summary>
    public ConformanceResult Result(double milliseconds) => new(
        conformanceCase.Name, conformanceCase.Tokens, _outputError, _hiddenError, conformanceCase.OverallBound, _labelRows, _sameLabels, milliseconds,
        Failures);

    /// <summary>
    /// A sequence that stays where it is keeps its bits, whatever the sequences around it hold. One that moves
    /// need not: its attention may start at another key of a tile, which reorders fp32 sums.
    /// </summary>
    private void Neighbours(IConformanceExecutor executor, ConformanceBatch batch, ConformanceOutputs found, int changed)
    {
        int[] kept = [.. Enumerable.Range(0, batch.Lengths.Length).Where(s => s % 2 != changed)];
        ConformanceOutputs others = ConformanceOutputs.Run(executor, Model, batch.WithOtherNeighbours(Model, changed));
        if (!others.Select(Model, batch, kept).SameBits(found.Select(Model, batch, kept)))
            Failures.Add($"neighbours: expected sequences {string.Join(", ", kept)} to keep their bits while the others' ids change, found other bits");
    }

    private (double? Output, double? Hidden) Compare(string what, ConformanceOutputs found, ConformanceOutputs expected) => (
        Compare($"{what}, output", found.Output, expected.Output, Model.OutputColumns),
        Compare($"{what}, hidden state", found.Hidden, expected.Hidden, Model.HiddenSize));

    private double? Compare(string what, float[] found, float[] expected, int columns)
    {
        (int count, int first) = ErrorMeasure.NotFinite(found);
        if (count > 0)
        {
            Failures.Add($"{what}: expected finite values, found {count} of {found.Length} that are not, the first at {first}");
            return null;
        }

        (double Difference, double Norm)[] rows = ErrorMeasure.RowSquares(found, expected, columns);
        double error = ErrorMeasure.RelativeL2(rows);
        Require(what, error, conformanceCase.OverallBound);
        if (conformanceCase.HasFourBitActivations)
            Require($"{what}, without the worst eighth of the rows", ErrorMeasure.WithoutWorstEighth(rows), conformanceCase.Bound);
        if (columns >= WideRow)
            Require($"{what}, worst row", Math.Sqrt(rows.Max(row => row.Difference / row.Norm)), conformanceCase.RowBound);
        return error;
    }

    private void Require(string what, double error, double bound)
    {
        if (!(error <= bound))
            Failures.Add(string.Create(
                CultureInfo.InvariantCulture, $"{what}: expected a relative L2 error of at most {bound:0.0e-0}, found {error:0.00e-0}"));
    }

    private void CompareLabels(ConformanceOutputs found, ConformanceOutputs expected)
    {
        if (Model.Labels == 0)
            return;
        _labelRows = expected.Output.Length / Model.Labels;
        _sameLabels = ErrorMeasure.SameTopColumn(found.Output, expected.Output, Model.Labels);
    }
}
