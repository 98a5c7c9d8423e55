using BenchmarkDotNet.Attributes;

namespace ModelCompiler.Benchmarks;

/// <summary>BERT-base, 1 × 128 tokens: the executor in fp32 arithmetic is the peer of the quantized plans.</summary>
[MemoryDiagnoser]
public class BertBaseBenchmarks
{
    private BertBase? _model;

    [Params("FP32", "W8A8", "W4A8", "W4A4", "W4A16")]
    public string Precision { get; set; } = "";

    [GlobalSetup]
    public void Setup() => _model = new(Precision, batch: 1, sequence: 128);

    [GlobalCleanup]
    public void Cleanup() => _model?.Dispose();

    [Benchmark]
    public void Forward() => _model!.Run();
}
