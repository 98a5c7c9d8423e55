using System.Diagnostics;
using ModelCompiler.Core.Planning;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Conformance;

/// <summary>What many concurrent replays came to.</summary>
/// <param name="Replays">Batches that were run.</param>
/// <param name="Different">Batches whose output had other bits than when they ran alone.</param>
/// <param name="MemoryGrowth">Device memory in bytes taken between the first batches and the last.</param>
/// <param name="LiveHandles">Handles of the driver that were not released after the session was disposed of.</param>
/// <param name="Seconds">Time of the replays.</param>
public sealed record ReplayReport(long Replays, long Different, long MemoryGrowth, int LiveHandles, double Seconds)
{
    /// <summary>True where nothing changed and nothing leaked.</summary>
    public bool Passed => Different == 0 && MemoryGrowth == 0 && LiveHandles == 0;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Replays} replays in {Seconds:0.0} s: {Different} outputs differ, device memory grew by {MemoryGrowth} bytes, {LiveHandles} handles left: {(Passed ? "pass" : "FAIL")}");
}

/// <summary>
/// Replays mixed batches from many threads on a few lanes, and holds every output against the bits that the same batch
/// gave alone.
/// </summary>
public static class ReplayStress
{
    private const int Batches = 24;

    /// <summary>Runs it.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="conformanceCase">Model, precisions and buckets.</param>
    /// <param name="replays">Batches to run.</param>
    /// <param name="lanes">Lanes of the session.</param>
    /// <param name="threads">Calling threads.</param>
    /// <param name="progress">Told how many batches were run since the last call.</param>
    public static ReplayReport Run(Device device, ConformanceCase conformanceCase, long replays, int lanes, int threads, Action<long> progress)
    {
        ArgumentNullException.ThrowIfNull(conformanceCase);
        ArgumentNullException.ThrowIfNull(progress);
        int before = CudaHandles.Live;
        ExecutionPlan plan = Planner.Plan(conformanceCase.Model, conformanceCase.Scheme);
        ModelWeights weights = RandomModelWeights.Create(conformanceCase, plan);
        long different = 0, growth;
        double seconds;
        using (EncoderSession session = EncoderSession.Load(
            GpuConformanceExecutor.Descriptor(conformanceCase, plan), weights, new() { Device = device, Lanes = lanes }))
        {
            (ConformanceBatch Batch, float[] Output)[] expected = [.. Enumerable.Range(0, Batches).Select(i => Alone(session, conformanceCase, i))];
            CudaContext context = ((GpuExecutor)session.Executor).Model.Context;
            long free = context.Memory().Free, left = replays;
            var clock = Stopwatch.StartNew();
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(worker => new Thread(() =>
            {
                var random = new Random(worker);
                var output = new float[expected.Max(e => e.Output.Length)];
                while (Interlocked.Decrement(ref left) is var rest && rest >= 0)
                {
                    (ConformanceBatch batch, float[] alone) = expected[random.Next(expected.Length)];
                    Span<float> found = output.AsSpan(0, alone.Length);
                    found.Fill(float.NaN);
                    session.Forward(batch.Ids, batch.Types, batch.Lengths, found);
                    if (!System.Runtime.InteropServices.MemoryMarshal.AsBytes(found)
                            .SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(alone)))
                        Interlocked.Increment(ref different);
                    if (rest % 1000 == 0)
                        progress(1000);
                }
            }))];
            foreach (Thread worker in workers)
                worker.Start();
            foreach (Thread worker in workers)
                worker.Join();
            seconds = clock.Elapsed.TotalSeconds;
            growth = free - context.Memory().Free;
        }

        return new(replays, different, growth, CudaHandles.Live - before, seconds);
    }

    /// <summary>A batch of random sequences, and its output when nothing else runs.</summary>
    private static (ConformanceBatch Batch, float[] Output) Alone(EncoderSession session, ConformanceCase conformanceCase, int index)
    {
        var random = new Random(index);
        int budget = random.Next(1, conformanceCase.Shapes.MaxTokens + 1), longest = session.MaxSequence;
        var lengths = new List<int>();
        for (int rest = budget; rest > 0; rest -= lengths[^1])
            lengths.Add(random.Next(1, Math.Min(rest, longest) + 1));
        ConformanceBatch batch = ConformanceBatch.Random(conformanceCase.Model, [.. lengths], index);
        int rows = conformanceCase.Model.OutputPerToken ? budget : lengths.Count;
        var output = new float[rows * conformanceCase.Model.OutputColumns];
        session.Forward(batch.Ids, batch.Types, batch.Lengths, output);
        return (batch, output);
    }
}
