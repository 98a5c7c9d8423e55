using ModelCompiler.Core.Planning;

namespace ModelCompiler.Runtime.Cpu;

/// <summary>The CPU executor with its weights, as a session runs it.</summary>
internal sealed class CpuSessionExecutor : IEncoderExecutor
{
    private readonly CpuWeights _weights;
    private readonly CpuExecutor _executor;

    public CpuSessionExecutor(EncoderDescriptor descriptor, ExecutionPlan plan, ModelWeights weights, EncoderOptions options)
    {
        _weights = CpuWeights.Bind(plan, weights);
        _executor = new(
            _weights, new() { Threads = options.Threads, MaxSequence = Math.Min(descriptor.Shapes.MaxSequence, descriptor.Model.MaxSequence) });
    }

    /// <inheritdoc/>
    public void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState,
        bool wantHidden)
    {
        if (wantHidden)
            _executor.Run(tokenIds, sequenceLengths, tokenTypes, output, hiddenState);
        else
            _executor.Run(tokenIds, sequenceLengths, tokenTypes, output);
    }

    /// <inheritdoc/>
    public Task RunAsync(
        ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> sequenceLengths, ReadOnlyMemory<int> tokenTypes, Memory<float> output,
        CancellationToken cancellation) =>
        Task.Run(() => _executor.Run(tokenIds.Span, sequenceLengths.Span, tokenTypes.Span, output.Span), cancellation);

    /// <summary>Nobody queues: every caller runs at once.</summary>
    public void RefuseQueued()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _executor.Dispose();
        _weights.Dispose();
    }
}
