using ModelCompiler.Core.Work;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Reports;

/// <summary>A batch beside the least time that the chip's rates allow for it.</summary>
/// <param name="Shape">Model and shape.</param>
/// <param name="Precision">Precision.</param>
/// <param name="Work">All work of the batch.</param>
/// <param name="Time">Least times.</param>
/// <param name="Measured">Measured milliseconds by replay; null where not measured.</param>
public sealed record RooflineRow(ModelShape Shape, string Precision, OpWork Work, RooflineTime Time, double? Measured)
{
    /// <summary>Least time in milliseconds.</summary>
    public double BoundMs => 1000 * Time.Bound;

    /// <summary>The least time as a share of the measured one, in %.</summary>
    public double? Percent => 100 * BoundMs / Measured;

    /// <summary>What most of the least time goes to.</summary>
    public string Limit => Time.Compute >= Time.Transfer ? "arithmetic" : "bytes";
}

/// <summary>Distances to the roofline, from the work rows of results.</summary>
public static class RooflineView
{
    /// <summary>A row for each batch whose work is known, in the order of the results; none where the chip is not known.</summary>
    public static IReadOnlyList<RooflineRow> Rows(ResultsView view)
    {
        if (view.Results.Chip?.ToRates() is not { } rates)
            return [];
        return
        [
            .. view.Results.Work.GroupBy(w => (Shape: new ModelShape(w.Model, w.Batch, w.Sequence), w.Precision)).Select(batch =>
            {
                bool cachesWeights = batch.Sum(w => w.Ops * w.Op.WeightBytes) <= rates.CacheSize;
                OpWork work = default;
                RooflineTime time = default;
                foreach (WorkRow row in batch)
                {
                    for (int i = 0; i < row.Ops; i++)
                    {
                        work += row.Op;
                        time += Roofline.Of(row.Op, rates, cachesWeights);
                    }
                }

                double? measured = view.Own(batch.Key.Shape, batch.Key.Precision, Clocks.Replay)?.Milliseconds.Median;
                return new RooflineRow(batch.Key.Shape, batch.Key.Precision, work, time, measured);
            }),
        ];
    }
}
