using ModelCompiler.Core.Work;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>
/// What benchmark programs leave, of this compiler and of its peers: flat rows, so that the documents of several programs
/// join into one. Its JSON Schema is <c>bench/results.schema.json</c>.
/// </summary>
public sealed record BenchmarkResults
{
    /// <summary>Version of the document.</summary>
    public const string CurrentSchema = "modelcompiler-benchmark-1";

    /// <summary>Version of the document that this is.</summary>
    public string Schema { get; init; } = CurrentSchema;

    /// <summary>Who measured, on what, with which versions.</summary>
    public IReadOnlyList<BenchmarkSource> Sources { get; init; } = [];

    /// <summary>What the chip sustains; null where no program measured it.</summary>
    public MeasuredChip? Chip { get; init; }

    /// <summary>Times of whole batches.</summary>
    public IReadOnlyList<LatencyRow> Latencies { get; init; } = [];

    /// <summary>Times of the parts of a model.</summary>
    public IReadOnlyList<PartRow> Parts { get; init; } = [];

    /// <summary>Times of kernels, each launched by itself.</summary>
    public IReadOnlyList<KernelRow> Kernels { get; init; } = [];

    /// <summary>What batches and their parts have to do.</summary>
    public IReadOnlyList<WorkRow> Work { get; init; } = [];

    /// <summary>Ways to the first result.</summary>
    public IReadOnlyList<ColdStartRow> ColdStarts { get; init; } = [];

    /// <summary>What was left out, and why; what drifted.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Documents as one. The first that knows the chip tells of it.</summary>
    public static BenchmarkResults Join(IReadOnlyCollection<BenchmarkResults> documents) => new()
    {
        Sources = [.. documents.SelectMany(d => d.Sources)],
        Chip = documents.Select(d => d.Chip).FirstOrDefault(chip => chip is not null),
        Latencies = [.. documents.SelectMany(d => d.Latencies)],
        Parts = [.. documents.SelectMany(d => d.Parts)],
        Kernels = [.. documents.SelectMany(d => d.Kernels)],
        Work = [.. documents.SelectMany(d => d.Work)],
        ColdStarts = [.. documents.SelectMany(d => d.ColdStarts)],
        Notes = [.. documents.SelectMany(d => d.Notes)],
    };
}

/// <summary>A program that measured.</summary>
/// <param name="Tool">Its name.</param>
/// <param name="Device">GPU or processor.</param>
/// <param name="Driver">Version of the GPU's driver; null on a processor.</param>
/// <param name="Versions">Versions of what it stands on, by name.</param>
/// <param name="Commit">Commit of the sources, as the caller states it.</param>
/// <param name="Date">UTC.</param>
/// <param name="Command">Command line.</param>
public sealed record BenchmarkSource(
    string Tool, string Device, string? Driver, IReadOnlyDictionary<string, string> Versions, string? Commit, DateTime Date, string Command);

/// <summary>Rates of a chip.</summary>
/// <param name="Int8Tops">INT8 tensor cores, 10^12 operations a second; a multiply-add is two.</param>
/// <param name="Fp16Tops">FP16 tensor cores.</param>
/// <param name="Fp32Tops">fp32 outside tensor cores.</param>
/// <param name="MemoryGBs">Device memory, 10^9 bytes a second, both directions together.</param>
/// <param name="CacheGBs">Second-level cache.</param>
/// <param name="CacheBytes">Size of the second-level cache.</param>
/// <param name="Origin">How the rates were found.</param>
public sealed record MeasuredChip(
    double Int8Tops, double Fp16Tops, double Fp32Tops, double MemoryGBs, double CacheGBs, long CacheBytes, string Origin)
{
    /// <summary>The same in the units of the roofline.</summary>
    public ChipRates ToRates() => new(Int8Tops * 0.5e12, Fp16Tops * 0.5e12, Fp32Tops * 0.5e12, MemoryGBs * 1e9, CacheGBs * 1e9, CacheBytes);
}

/// <summary>What a time covers.</summary>
public static class Clocks
{
    /// <summary>A CUDA graph, replayed back to back, between events of the GPU: no host, no copies.</summary>
    public const string Replay = "replay";

    /// <summary>A call, between events of the GPU: the host's launches count where the GPU waits for them; no copies.</summary>
    public const string Stream = "stream";

    /// <summary>A call, by the host's clock: from ids in host memory to results in host memory.</summary>
    public const string Call = "call";
}

/// <summary>Times of a batch of equal sequences.</summary>
/// <param name="Model">Model, such as bert-base.</param>
/// <param name="Runner">What ran it: <c>modelc</c>, or a peer such as <c>hf-eager</c>.</param>
/// <param name="Precision">Precision or strategy.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
/// <param name="Clock">What the time covers, of <see cref="Clocks"/>.</param>
/// <param name="Milliseconds">Times.</param>
public sealed record LatencyRow(string Model, string Runner, string Precision, int Batch, int Sequence, string Clock, Spread Milliseconds)
{
    /// <summary>Model and shape.</summary>
    public (string Model, int Batch, int Sequence) Shape => (Model, Batch, Sequence);

    /// <summary>At the median.</summary>
    public double TokensPerSecond => Batch * Sequence / Milliseconds.Median * 1000;
}

/// <summary>
/// Time of one op of a part: a graph of that part's ops of all layers, divided by their number, so that each op meets
/// weights that were not used just before.
/// </summary>
/// <param name="Model">Model.</param>
/// <param name="Runner">What ran it: <c>modelc</c> with its epilogue, or a library's plain product.</param>
/// <param name="Precision">Precision.</param>
/// <param name="Part">Part, such as qkv.</param>
/// <param name="Tokens">Rows of the product.</param>
/// <param name="Sequence">Tokens of a sequence; null for products, which do not depend on it.</param>
/// <param name="N">Output features; null where the part is no product.</param>
/// <param name="K">Input features; likewise.</param>
/// <param name="Microseconds">Times of one op.</param>
public sealed record PartRow(
    string Model, string Runner, string Precision, string Part, int Tokens, int? Sequence, int? N, int? K, Spread Microseconds)
{
    /// <summary>10^12 operations a second at the median; null where the part is no product.</summary>
    public double? Tops => N is { } n && K is { } k ? 2.0 * Tokens * n * k / Microseconds.Median * 1e-6 : null;
}

/// <summary>A kernel in one batch, launched by itself instead of from the graph.</summary>
/// <param name="Model">Model.</param>
/// <param name="Precision">Precision or strategy.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
/// <param name="Kernel">Its name.</param>
/// <param name="Launches">How often it runs.</param>
/// <param name="Microseconds">Median of a launch.</param>
public sealed record KernelRow(string Model, string Precision, int Batch, int Sequence, string Kernel, int Launches, double Microseconds);

/// <summary>What one op of a part has to do in a batch.</summary>
/// <param name="Model">Model.</param>
/// <param name="Precision">Precision or strategy.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Sequence">Tokens of each.</param>
/// <param name="Part">Part.</param>
/// <param name="Ops">Ops of the part in a batch, all alike.</param>
/// <param name="Op">Work of one.</param>
public sealed record WorkRow(string Model, string Precision, int Batch, int Sequence, string Part, int Ops, OpWork Op);

/// <summary>The way to the first result, in milliseconds.</summary>
/// <param name="Model">Model.</param>
/// <param name="Precision">Precision or strategy.</param>
/// <param name="LoadMs">From the call of Load until a batch can run: checkpoint, kernels, weights, graphs.</param>
/// <param name="FirstResultMs">From the call of Load until the first result.</param>
/// <param name="ProcessMs">From the start of the process until the first result; null where another model was loaded before.</param>
/// <param name="Kernels">How many kernels came from where.</param>
public sealed record ColdStartRow(
    string Model, string Precision, double LoadMs, double FirstResultMs, double? ProcessMs, IReadOnlyDictionary<string, int> Kernels);
