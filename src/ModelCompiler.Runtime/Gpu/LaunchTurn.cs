using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// A lane's turn to queue kernels of a bucket. <see cref="LaneBucket"/> and <see cref="LaneGraph"/> launch in a turn only, so that
/// no way to a launch goes past <see cref="WaitingGraphs"/>. It lasts as long as the host queues, not as the GPU runs: other lanes
/// whose blocks wait cannot queue meanwhile.
/// </summary>
internal readonly ref struct LaunchTurn
{
    private readonly WaitingGraphs? _waiting; // null where no block of the bucket waits for another one of its kernel
    private readonly BucketPlan _bucket;
    private readonly CudaStream _stream;
    private readonly CudaEvent _done;

    /// <summary>Takes a turn.</summary>
    /// <param name="bucket">What is to be launched.</param>
    /// <param name="waiting">The GPU's order.</param>
    /// <param name="stream">The lane's stream.</param>
    /// <param name="done">The lane's event for <see cref="WaitingGraphs"/>.</param>
    public LaunchTurn(BucketPlan bucket, WaitingGraphs waiting, CudaStream stream, CudaEvent done)
    {
        (_bucket, _stream, _done) = (bucket, stream, done);
        if (bucket.RendezvousBytes == 0)
            return;
        waiting.Enter(stream, done);
        _waiting = waiting;
    }

    /// <summary>The lane's stream, for launches of a bucket.</summary>
    /// <exception cref="InvalidOperationException">The turn is for another bucket.</exception>
    public CudaStream StreamFor(BucketPlan bucket) => ReferenceEquals(bucket, _bucket)
        ? _stream
        : throw new InvalidOperationException($"A turn: expected launches of the bucket of {_bucket.Tokens} tokens that it was taken for, found others, of {bucket.Tokens}.");

    /// <summary>Ends the turn, also after a launch that failed.</summary>
    public void Dispose() => _waiting?.Exit(_stream, _done);
}
