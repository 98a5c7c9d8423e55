using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>A graph of a bucket's launches, or of some of them.</summary>
/// <param name="bucket">The bucket.</param>
/// <param name="graph">What was captured, which this takes over.</param>
internal sealed class LaneGraph(BucketPlan bucket, CudaGraphExec graph) : IDisposable
{
    /// <summary>Queues it in a turn of its bucket.</summary>
    public void Launch(in LaunchTurn turn) => graph.Launch(turn.StreamFor(bucket));

    public void Dispose() => graph.Dispose();
}
