using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace ModelCompiler.Benchmarks;

/// <summary>Matrix products of BERT-base's MLP at 128 tokens; the last column is 2 · M · N · K over the mean time.</summary>
[Config(typeof(Rates))]
public class ProductBenchmarks
{
    private Product? _product;

    [Params(128)]
    public int M { get; set; }

    [Params(3072, 768)]
    public int N { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [Params("int8", "fp32")]
    public string Type { get; set; } = "";

    /// <summary>768 inputs into the wide layer, 3072 out of it.</summary>
    private int K => 3840 - N;

    [GlobalSetup]
    public void Setup() => _product = new(M, N, K, Type == "int8", Threads);

    [GlobalCleanup]
    public void Cleanup() => _product?.Dispose();

    [Benchmark]
    public void Multiply() => _product!.Run();

    private sealed class Rates : ManualConfig
    {
        public Rates() => AddColumn(new GopsColumn());
    }

    private sealed class GopsColumn : IColumn
    {
        public string Id => "gops";

        public string ColumnName => "GOPS";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => "2 · M · N · K over the mean time, in 10^9 a second";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            double m = (int)benchmarkCase.Parameters[nameof(M)], n = (int)benchmarkCase.Parameters[nameof(N)];
            double? mean = summary[benchmarkCase]?.ResultStatistics?.Mean; // ns
            return mean is { } ns ? (2 * m * n * (3840 - n) / ns).ToString("0", System.Globalization.CultureInfo.InvariantCulture) : "-";
        }

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}
