using ModelCompiler.Core.Planning;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Runs batches on a GPU: lanes for concurrency, and a fair queue in front of them.</summary>
internal sealed class GpuExecutor : IEncoderExecutor
{
    private readonly EncoderDescriptor _descriptor;
    private readonly GpuModel _model;
    private readonly GpuLane[] _lanes;
    private readonly LaneQueue<GpuLane> _queue;
    private readonly int _maxSequence;
    private volatile CudaException? _lost;

    private GpuExecutor(EncoderDescriptor descriptor, GpuModel model, GpuLane[] lanes)
    {
        _descriptor = descriptor;
        _model = model;
        _lanes = lanes;
        _queue = new(lanes);
        _maxSequence = Math.Min(descriptor.Shapes.MaxSequence, descriptor.Model.MaxSequence);
    }

    /// <summary>Kernels, memory and GPU of the session.</summary>
    public GpuModel Model => _model;

    /// <summary>Loads everything and captures every graph.</summary>
    public static GpuExecutor Load(EncoderDescriptor descriptor, ExecutionPlan plan, Func<ModelWeights> weights, EncoderOptions options)
    {
        if (options.Lanes < 1)
            throw new ModelCompilerException($"EncoderOptions.Lanes: expected 1 or more, found {options.Lanes}.");
        GpuModel model = GpuModel.Load(descriptor, plan, weights, options);
        var lanes = new List<GpuLane>();
        try
        {
            while (lanes.Count < options.Lanes)
                lanes.Add(new(model));
            return new(descriptor, model, [.. lanes]);
        }
        catch (Exception exception)
        {
            Free(lanes, model);
            if (exception is CudaOutOfMemoryException memory)
                throw model.Memory.Error(descriptor.Name, model.Context.Info, 0, memory);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState,
        bool wantHidden)
    {
        BatchRules.Require(
            _descriptor.Model, _maxSequence, tokenIds, sequenceLengths, tokenTypes, output.Length, wantHidden ? hiddenState.Length : null);
        GpuLane lane = _queue.Take();
        try
        {
            RunOn(lane, tokenIds, sequenceLengths, tokenTypes, output, wantHidden ? hiddenState : default);
        }
        finally
        {
            _queue.Return(lane);
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(
        ReadOnlyMemory<int> tokenIds, ReadOnlyMemory<int> sequenceLengths, ReadOnlyMemory<int> tokenTypes, Memory<float> output,
        CancellationToken cancellation)
    {
        BatchRules.Require(_descriptor.Model, _maxSequence, tokenIds.Span, sequenceLengths.Span, tokenTypes.Span, output.Length, null);
        GpuLane lane = await _queue.TakeAsync(cancellation).ConfigureAwait(false);
        try
        {
            // A lane's batch takes a millisecond or so: a pool thread that waits costs less than waking one from the driver.
            await Task.Run(() => RunOn(lane, tokenIds.Span, sequenceLengths.Span, tokenTypes.Span, output.Span, default), CancellationToken.None)
                .ConfigureAwait(false);
        }
        finally
        {
            _queue.Return(lane);
        }
    }

    /// <summary>Milliseconds of each kernel of a batch.</summary>
    public (Core.Scheduling.KernelLaunch Launch, float Milliseconds)[] Profile(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths)
    {
        GpuLane lane = _queue.Take();
        try
        {
            return lane.Profile(tokenIds, sequenceLengths);
        }
        finally
        {
            _queue.Return(lane);
        }
    }

    /// <summary>Milliseconds of graph replays on the GPU alone; see <see cref="GpuLane.Replay"/>.</summary>
    public float[] Replay(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, int warmUp, int runs, Func<Core.Scheduling.KernelLaunch, bool>? chosen = null)
    {
        GpuLane lane = _queue.Take();
        try
        {
            return lane.Replay(tokenIds, sequenceLengths, warmUp, runs, chosen);
        }
        finally
        {
            _queue.Return(lane);
        }
    }

    /// <summary>Ops that share a kernel; see <see cref="GpuLane.OpsWith"/>.</summary>
    public (int First, int Last) OpsWith(int tokens, int op) => _lanes[0].OpsWith(tokens, op);

    /// <summary>Runs one op on given operands; see <see cref="GpuLane.RunOp"/>.</summary>
    public BufferValues[] RunOp(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, int op, IEnumerable<BufferValues> operands)
    {
        GpuLane lane = _queue.Take();
        try
        {
            return lane.RunOp(tokenIds, sequenceLengths, tokenTypes, op, operands);
        }
        finally
        {
            _queue.Return(lane);
        }
    }

    /// <inheritdoc/>
    public void RefuseQueued() => _queue.Close();

    /// <summary>Frees lanes, kernels and weights. Not while a batch runs.</summary>
    public void Dispose() => Free(_lanes, _model);

    private void RunOn(
        GpuLane lane, ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output,
        Span<float> hiddenState)
    {
        if (_lost is { } lost)
            throw new ModelCompilerException($"{_descriptor.Name}: expected a working {_model.Context.Info}, found that an earlier batch lost it: {lost.Message}", lost);
        try
        {
            lane.Run(tokenIds, sequenceLengths, tokenTypes, output, hiddenState);
        }
        catch (CudaException exception) when (exception.IsSticky)
        {
            _lost = exception;
            throw;
        }
    }

    private static void Free(IEnumerable<GpuLane> lanes, GpuModel model)
    {
        foreach (GpuLane lane in lanes)
            lane.Dispose();
        model.Dispose();
    }
}
