using System.Diagnostics;
using ModelCompiler.Conformance;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Core.Work;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Tool.Output;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>What to time of a model.</summary>
/// <param name="Name">Name of the model in the rows.</param>
/// <param name="Shapes">Batches that are timed as a whole.</param>
/// <param name="PartShapes">Batches whose parts are timed.</param>
/// <param name="Runs">Timed runs of each batch, by the call and by replay.</param>
/// <param name="RandomWeights">Random weights instead of the folder's.</param>
/// <param name="Kernels">Times each kernel as well.</param>
/// <param name="Tuning">Tuning databases that decide between kernels; the compiler's own where empty.</param>
/// <param name="Strategy">Runs each bucket in the fastest precisions that a database knows.</param>
internal sealed record BenchRequest(
    string Name, BatchShape[] Shapes, BatchShape[] PartShapes, RunLimit Runs, bool RandomWeights, bool Kernels,
    EquatableArray<TuningFile> Tuning, bool Strategy)
{
    /// <summary>Steps of the work, for progress: loading counts as one.</summary>
    public int Steps => 1 + Shapes.Length + PartShapes.Length;
}

/// <summary>Loads a model in one precision after the other and times each; one at a time, so that nothing shares the GPU.</summary>
internal sealed class ModelBench(ModelFolder folder, BenchRequest request, EncoderOptions options)
{
    private bool _loadedBefore;

    /// <summary>The device as the last session saw it.</summary>
    public string Device { get; private set; } = $"CPU, {Environment.ProcessorCount} processors";

    /// <summary>CUDA version of the driver; null on the CPU.</summary>
    public string? Driver { get; private set; }

    /// <summary>Times the model in a precision.</summary>
    /// <param name="quantize">The precision.</param>
    /// <param name="label">Its name in the rows; made from the precision where null.</param>
    /// <param name="advance">Told of each step.</param>
    public BenchmarkResults Run(EquatableArray<QuantizeArguments> quantize, string? label, Action<long> advance)
    {
        BatchShape[] all = [.. request.Shapes, .. request.PartShapes];
        EncoderDescriptor descriptor = FolderDescriptor.Create(
            folder.Path, folder.Config, quantize,
            shapes: new(all.Select(s => s.Tokens).Distinct().Order().ToEquatableArray(), all.Max(s => s.Length)),
            tuning: request.Tuning, strategy: request.Strategy);
        label ??= PrecisionLabel.Of(descriptor.Scheme);
        var clock = Stopwatch.StartNew();
        using EncoderSession session = request.RandomWeights
            ? EncoderSession.Load(descriptor, plan => Random(descriptor, plan), options)
            : EncoderSession.Load(descriptor, folder.Path, options);
        double loaded = clock.Elapsed.TotalMilliseconds;
        var bench = new SessionBench(session, request.Name, label, request.Runs);
        bench.RunOnce(request.Shapes[0]);
        double first = clock.Elapsed.TotalMilliseconds;
        double? process = _loadedBefore ? null : (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds;
        _loadedBefore = true;
        advance(1);

        GpuExecutor? gpu = StrategyExecutor.GpuFor(session.Executor, descriptor.Shapes.MaxTokens);
        if (gpu is not null)
            (Device, Driver) = (gpu.Model.Context.Info.ToString(), gpu.Model.Context.Info.DriverText);
        Dictionary<string, int> origins = gpu?.Model.Kernels.Origins.Values.GroupBy(o => o.ToString()).ToDictionary(o => o.Key, o => o.Count()) ?? [];
        var results = new List<BenchmarkResults> { new() { ColdStarts = [new(request.Name, label, loaded, first, process, origins)] } };
        foreach (BatchShape shape in request.Shapes)
        {
            results.Add(bench.Run(shape));
            if (request.Kernels)
                results.Add(bench.RunKernels(shape));
            advance(1);
        }

        foreach (BatchShape shape in request.PartShapes)
        {
            results.Add(bench.RunParts(shape));
            advance(1);
        }

        return BenchmarkResults.Join(results);
    }

    private static ModelWeights Random(EncoderDescriptor descriptor, ExecutionPlan plan) => RandomModelWeights.Create(
        new ConformanceCase(descriptor.Name, descriptor.Model, plan.Scheme, descriptor.Shapes, [1]), plan);
}
