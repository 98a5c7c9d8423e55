using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <content>Times of graph replays by the GPU's own clock.</content>
internal sealed unsafe partial class GpuLane
{
    /// <summary>
    /// Replays a batch's graph, or a graph of some of its launches, back to back with an event between two replays: what
    /// the GPU takes, without copies and without the host, as long as the host queues faster than the GPU runs.
    /// </summary>
    /// <param name="tokenIds">[tokens].</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="warmUp">Replays before the first that counts.</param>
    /// <param name="runs">Replays that count.</param>
    /// <param name="chosen">Launches of the graph, of those for any batch; the batch's own graph where null.</param>
    /// <returns>Milliseconds of each replay.</returns>
    public float[] Replay(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, int warmUp, int runs, Func<KernelLaunch, bool>? chosen = null)
    {
        // Kernels that do two ops at once have no launch for the first.
        LaneBucket bucket = chosen is null ? BucketFor(sequenceLengths) : BucketFor(tokenIds.Length);
        Upload(bucket, tokenIds, sequenceLengths, []);
        using LaneGraph? part = chosen is null ? null : bucket.Capture(_stream, chosen);
        LaneGraph graph = part ?? bucket.Graph;
        var marks = new CudaEvent[runs + 1];
        try
        {
            for (int i = 0; i < marks.Length; i++)
                marks[i] = _model.Context.CreateEvent();
            using (LaunchTurn turn = Turn(bucket))
            {
                // All buffers hold values of this batch, also those that the chosen launches only read.
                bucket.Graph.Launch(turn);
                for (int i = 0; i < warmUp; i++)
                    graph.Launch(turn);
                _stream.Record(marks[0]);
                for (int i = 0; i < runs; i++)
                {
                    graph.Launch(turn);
                    _stream.Record(marks[i + 1]);
                }
            }

            _stream.Synchronize();
            var times = new float[runs];
            for (int i = 0; i < runs; i++)
                times[i] = marks[i + 1].ElapsedMilliseconds(marks[i]);
            return times;
        }
        finally
        {
            foreach (CudaEvent? mark in marks)
                mark?.Dispose();
        }
    }
}
