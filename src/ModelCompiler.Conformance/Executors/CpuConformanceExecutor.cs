using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Conformance;

/// <summary>The CPU executor: the reference, and with other options a second opinion that must give equal bits.</summary>
public sealed class CpuConformanceExecutor : IConformanceExecutor
{
    private readonly CpuWeights _weights;
    private readonly CpuExecutor _executor;

    /// <summary>Binds weights.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="options">Threads and passes.</param>
    public CpuConformanceExecutor(ExecutionPlan plan, ModelWeights weights, CpuExecutorOptions? options = null)
    {
        options ??= new();
        _weights = CpuWeights.Bind(plan, weights);
        _executor = new(_weights, options);
        Name = $"CPU, {(options.Threads == 0 ? Environment.ProcessorCount : options.Threads)} threads, {options.TokensPerPass} tokens a pass";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types, ReadOnlySpan<int> lengths, Span<float> output, Span<float> hidden) =>
        _executor.Run(ids, lengths, types, output, hidden);

    /// <inheritdoc/>
    public void Dispose()
    {
        _executor.Dispose();
        _weights.Dispose();
    }
}
