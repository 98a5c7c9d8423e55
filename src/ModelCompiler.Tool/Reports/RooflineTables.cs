using System.Net;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Reports;

/// <summary>What a batch has to do, how fast the chip could do it, and how fast it was.</summary>
internal static class RooflineTables
{
    public static string Create(IReadOnlyList<RooflineRow> rows, BenchmarkResults results)
    {
        MeasuredChip chip = results.Chip!; // rows are made from it
        string rates = FormattableString.Invariant(
            $"<p>Rates: {chip.Int8Tops:0} TOPS INT8, {chip.Fp16Tops:0} FP16, {chip.Fp32Tops:0} fp32; memory {chip.MemoryGBs:0} GB/s, second-level cache {chip.CacheGBs:0} GB/s, {chip.CacheBytes / 1e6:0} MB.")
            + $" {WebUtility.HtmlEncode(chip.Origin)}.</p>\n";
        var table = new HtmlTable(
            "model", "batch × sequence", "precision", "integer GMAC", "FP16 GMAC", "weights MB", "activations MB", "arithmetic ms", "bytes ms", "least ms", "measured ms", "reached %",
            "limit");
        foreach (RooflineRow r in rows)
        {
            table.Row(
                r.Shape.Model, r.Shape.Text, r.Precision, BenchmarkPage.Number(r.Work.IntegerMultiplyAdds / 1e9, "0.0"),
                BenchmarkPage.Number(r.Work.HalfMultiplyAdds / 1e9, "0.0"), BenchmarkPage.Number(r.Work.WeightBytes / 1e6, "0.0"),
                BenchmarkPage.Number(r.Work.ActivationBytes / 1e6, "0.0"), BenchmarkPage.Number(1000 * r.Time.Compute, "0.000"),
                BenchmarkPage.Number(1000 * r.Time.Transfer, "0.000"), BenchmarkPage.Number(r.BoundMs, "0.000"), BenchmarkPage.Number(r.Measured, "0.000"),
                BenchmarkPage.Number(r.Percent, "0"), r.Limit);
        }

        return rates
            + "<p>Counted from the plan: each op's operands once, in the formats in which they are stored. An op takes at least as long as the slower of its arithmetic and its "
            + $"bytes, and ops follow each other; launches cost nothing, and what fits the cache comes from there.</p>\n{table}";
    }
}
