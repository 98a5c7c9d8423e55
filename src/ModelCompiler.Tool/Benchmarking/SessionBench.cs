using System.Diagnostics;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Times a session on batches of one shape.</summary>
internal sealed class SessionBench(EncoderSession session, int iterations)
{
    private const int WarmUp = 20;
    private const int Profiles = 11;

    /// <summary>Times one shape.</summary>
    public ShapeTimes Run(int batch, int sequence)
    {
        (int[] ids, int[] lengths, float[] output) = Batch(batch, sequence);
        for (int i = 0; i < WarmUp; i++)
            session.Forward(ids, lengths, output);
        var times = new double[iterations];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            session.Forward(ids, lengths, output);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        var sample = new LatencySample(times);
        return new(
            batch, sequence, sample.Count, sample.Median, sample.Percentile(90), sample.Percentile(99), sample.Minimum,
            ids.Length / sample.Median * 1000, StrategyExecutor.GpuFor(session.Executor, ids.Length) is { } gpu ? Kernels(gpu, ids, lengths) : []);
    }

    /// <summary>Runs a shape once.</summary>
    public void RunOnce(int batch, int sequence)
    {
        (int[] ids, int[] lengths, float[] output) = Batch(batch, sequence);
        session.Forward(ids, lengths, output);
    }

    private (int[] Ids, int[] Lengths, float[] Output) Batch(int batch, int sequence)
    {
        var random = new Random(batch * 1009 + sequence);
        int[] ids = [.. Enumerable.Range(0, batch * sequence).Select(_ => random.Next(session.Descriptor.Model.VocabularySize))];
        int rows = session.Descriptor.Model.OutputPerToken ? ids.Length : batch;
        return (ids, [.. Enumerable.Repeat(sequence, batch)], new float[rows * session.Descriptor.Model.OutputColumns]);
    }

    private static KernelTime[] Kernels(GpuExecutor gpu, int[] ids, int[] lengths)
    {
        (KernelLaunch Launch, float Milliseconds)[][] profiles = [.. Enumerable.Range(0, Profiles).Select(_ => gpu.Profile(ids, lengths))];
        return [.. profiles.SelectMany(p => p).GroupBy(p => p.Launch.Kernel.Name).Select(kernel =>
            new KernelTime(kernel.Key, kernel.Count() / Profiles, 1000 * new LatencySample(kernel.Select(p => (double)p.Milliseconds)).Median))];
    }
}
