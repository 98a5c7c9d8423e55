using System.Collections.Concurrent;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// Lets kernels whose blocks wait for one another run one lane after another on a GPU, whichever session the lanes are from. Side
/// by side each could hold multiprocessors that missing blocks of the other need, and neither would ever end. Any thread may call
/// any member.
/// </summary>
internal sealed class WaitingGraphs
{
    private static readonly ConcurrentDictionary<int, WaitingGraphs> s_byDevice = new();

    private readonly Lock _gate = new();
    private CudaEvent? _last;

    /// <summary>Those of a GPU.</summary>
    public static WaitingGraphs On(CudaContext context) => s_byDevice.GetOrAdd(context.Info.Ordinal, static _ => new());

    /// <summary>Waits until no other thread queues, and lets the stream wait for what was queued last.</summary>
    /// <param name="stream">The lane's stream.</param>
    /// <param name="done">An event of the lane's own, which <see cref="Forget"/> is told of before it is destroyed.</param>
    public void Enter(CudaStream stream, CudaEvent done)
    {
        _gate.Enter();
        try
        {
            if (_last is not null && _last != done)
                stream.Wait(_last);
        }
        catch
        {
            _gate.Exit();
            throw;
        }
    }

    /// <summary>
    /// What this thread has queued since <see cref="Enter"/>, all or a part of what it wanted, is what the next one waits for. The
    /// gate opens even where the event fails, as it does on a GPU that is lost.
    /// </summary>
    public void Exit(CudaStream stream, CudaEvent done)
    {
        try
        {
            stream.Record(done);
            _last = done;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Nobody waits for this event any more: all in front of it is done.</summary>
    public void Forget(CudaEvent done)
    {
        lock (_gate)
        {
            if (_last == done)
                _last = null;
        }
    }
}
