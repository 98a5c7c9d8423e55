using System.Collections.Concurrent;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// Lets graphs whose blocks wait for one another run one after another on a GPU, whichever lane or session they are from. Side by
/// side each could hold multiprocessors that missing blocks of the other need, and neither would ever end. Any thread may call any
/// member.
/// </summary>
internal sealed class WaitingGraphs
{
    private static readonly ConcurrentDictionary<int, WaitingGraphs> s_byDevice = new();

    private readonly Lock _gate = new();
    private CudaEvent? _last;

    /// <summary>Those of a GPU.</summary>
    public static WaitingGraphs On(CudaContext context) => s_byDevice.GetOrAdd(context.Info.Ordinal, static _ => new());

    /// <summary>Queues a graph behind the last one.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="stream">The lane's stream.</param>
    /// <param name="done">An event of the lane's own, which <see cref="Forget"/> is told of before it is destroyed.</param>
    public void Launch(CudaGraphExec graph, CudaStream stream, CudaEvent done)
    {
        lock (_gate)
        {
            if (_last is not null && _last != done)
                stream.Wait(_last);
            graph.Launch(stream);
            stream.Record(done);
            _last = done;
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
