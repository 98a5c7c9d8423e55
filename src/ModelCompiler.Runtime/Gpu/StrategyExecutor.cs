using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// Buckets that run in different precisions: one executor for each scheme, which has the buckets of that scheme, and each
/// batch goes to the one that has its bucket. Schemes differ in how their weights are packed, so each holds its own.
/// </summary>
internal sealed class StrategyExecutor : IEncoderExecutor
{
    private readonly (int Tokens, IEncoderExecutor Executor)[] _buckets;

    /// <summary>Takes over executors.</summary>
    /// <param name="buckets">Every bucket, and what runs it.</param>
    public StrategyExecutor(IEnumerable<(int Tokens, IEncoderExecutor Executor)> buckets) => _buckets = [.. buckets.OrderBy(b => b.Tokens)];

    private IEnumerable<IEncoderExecutor> Executors => _buckets.Select(b => b.Executor).Distinct();

    /// <summary>Loads the model once for each scheme that the GPU's buckets run in.</summary>
    /// <param name="descriptor">The class.</param>
    /// <param name="weights">Loads the weights of a plan.</param>
    /// <param name="options">How to run.</param>
    public static IEncoderExecutor Load(EncoderDescriptor descriptor, Func<ExecutionPlan, ModelWeights> weights, EncoderOptions options)
    {
        GpuArch arch = ArchOf(descriptor, options);
        var buckets = new List<(int, IEncoderExecutor)>();
        try
        {
            foreach (SchemeGroup group in SchemeGroup.Of(descriptor.Scheme, descriptor.Shapes, arch, descriptor.Strategies))
            {
                ExecutionPlan plan = Planner.Plan(descriptor.Model, group.Scheme);
                GpuExecutor executor = GpuExecutor.Load(PartOf(descriptor, group), plan, () => weights(plan), options);
                buckets.AddRange(group.Shapes.TokenBuckets.Select(tokens => (tokens, (IEncoderExecutor)executor)));
            }

            return new StrategyExecutor(buckets);
        }
        catch
        {
            new StrategyExecutor(buckets).Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState,
        bool wantHidden) => For(tokenIds.Length).Run(tokenIds, sequenceLengths, tokenTypes, output, hiddenState, wantHidden);

    /// <inheritdoc/>
    public Task RunAsync(
        ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> sequenceLengths, ReadOnlyMemory<int> tokenTypes, Memory<float> output,
        CancellationToken cancellation) => For(tokenIds.Length).RunAsync(tokenIds, sequenceLengths, tokenTypes, output, cancellation);

    /// <summary>The GPU executor of a batch's bucket; null on the CPU.</summary>
    public static GpuExecutor? GpuFor(IEncoderExecutor executor, int tokens) =>
        (executor is StrategyExecutor strategy ? strategy.For(tokens) : executor) as GpuExecutor;

    /// <inheritdoc/>
    public void RefuseQueued()
    {
        foreach (IEncoderExecutor executor in Executors)
            executor.RefuseQueued();
    }

    /// <summary>Frees every executor. Not while a batch runs.</summary>
    public void Dispose()
    {
        foreach (IEncoderExecutor executor in Executors)
            executor.Dispose();
    }

    private IEncoderExecutor For(int tokens)
    {
        foreach ((int bucket, IEncoderExecutor executor) in _buckets)
        {
            if (tokens <= bucket)
                return executor;
        }

        throw new BatchTooLargeException(tokens, _buckets[^1].Tokens);
    }

    private static GpuArch ArchOf(EncoderDescriptor descriptor, EncoderOptions options)
    {
        using CudaContext context = CudaContext.Open(options.Device.Ordinal);
        return options.ThroughPtx ?? context.Info.Choose(descriptor.Targets)
            ?? throw new GpuArchitectureException(descriptor.Name, descriptor.Targets, context.Info);
    }

    private static EncoderDescriptor PartOf(EncoderDescriptor descriptor, SchemeGroup group) => new()
    {
        Name = descriptor.Name,
        Model = descriptor.Model,
        Scheme = group.Scheme,
        Shapes = group.Shapes,
        Targets = descriptor.Targets,
        TunedKernels = descriptor.TunedKernels,
        PlanHash = descriptor.PlanHash,
        Kernels = descriptor.Kernels,
    };
}
