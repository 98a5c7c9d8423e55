using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Reports;

/// <summary>A batch shape of a model.</summary>
/// <param name="Model">Model.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
public readonly record struct ModelShape(string Model, int Batch, int Sequence)
{
    /// <summary>The shape without the model.</summary>
    public string Text => $"{Batch} × {Sequence}";
}

/// <summary>Finds times in results.</summary>
/// <param name="results">The results.</param>
public sealed class ResultsView(BenchmarkResults results)
{
    /// <summary>What runs this compiler's models.</summary>
    public const string Ours = "modelc";

    private readonly ILookup<(ModelShape, string Runner, string Clock), LatencyRow> _latencies =
        results.Latencies.ToLookup(r => (new ModelShape(r.Model, r.Batch, r.Sequence), r.Runner, r.Clock));

    /// <summary>The results.</summary>
    public BenchmarkResults Results => results;

    /// <summary>Models in order of first mention.</summary>
    public IReadOnlyList<string> Models { get; } = [.. results.Latencies.Select(r => r.Model).Concat(results.Parts.Select(r => r.Model)).Distinct()];

    /// <summary>Those who ran whole models besides this compiler, in order of first mention.</summary>
    public IReadOnlyList<string> Peers { get; } = [.. results.Latencies.Select(r => r.Runner).Where(r => r != Ours).Distinct()];

    /// <summary>Shapes of a model in order of first mention.</summary>
    public IReadOnlyList<ModelShape> Shapes(string model) =>
        [.. results.Latencies.Where(r => r.Model == model).Select(r => new ModelShape(model, r.Batch, r.Sequence)).Distinct()];

    /// <summary>The GPU's time of a peer: replays of its graph, or its stream where it has none.</summary>
    public LatencyRow? Peer(string runner, ModelShape shape) =>
        _latencies[(shape, runner, Clocks.Replay)].Concat(_latencies[(shape, runner, Clocks.Stream)]).FirstOrDefault();

    /// <summary>The peer that takes the GPU for the shortest time.</summary>
    public LatencyRow? BestPeer(ModelShape shape) => Peers.Select(p => Peer(p, shape)).OfType<LatencyRow>().MinBy(r => r.Milliseconds.Median);

    /// <summary>A peer's time from host memory to host memory.</summary>
    public LatencyRow? PeerCall(string runner, ModelShape shape) => _latencies[(shape, runner, Clocks.Call)].FirstOrDefault();

    /// <summary>This compiler's time in a precision.</summary>
    public LatencyRow? Own(ModelShape shape, string precision, string clock) =>
        _latencies[(shape, Ours, clock)].FirstOrDefault(r => r.Precision == precision);

    /// <summary>This compiler's shortest time among precisions.</summary>
    public LatencyRow? Best(ModelShape shape, Func<string, bool> allowed, string clock) =>
        _latencies[(shape, Ours, clock)].Where(r => allowed(r.Precision)).MinBy(r => r.Milliseconds.Median);

    /// <summary>Every precision with integer products, and strategies over them.</summary>
    public static bool IsInteger(string precision) => precision is not ("fp16" or "w4a16");

    /// <summary>How many times as long the one takes as the other, at the medians.</summary>
    public static double? Ratio(LatencyRow? slow, LatencyRow? fast) =>
        slow is null || fast is null ? null : slow.Milliseconds.Median / fast.Milliseconds.Median;
}
