using System.Diagnostics;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Work;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Times a session on batches of one shape after the other.</summary>
/// <param name="session">What is timed.</param>
/// <param name="model">Name of the model in the rows.</param>
/// <param name="precision">Name of its precision in the rows.</param>
/// <param name="limit">Timed runs of a shape, by the call and by replay.</param>
internal sealed class SessionBench(EncoderSession session, string model, string precision, RunLimit limit)
{
    /// <summary>What <c>modelc</c> is called in the rows.</summary>
    public const string Runner = "modelc";

    private const int WarmUp = 20;
    private const int Profiles = 11;
    private const int PartReplays = 50;

    private readonly ExecutionPlan _plan = Planner.Plan(session.Descriptor.Model, session.Descriptor.Scheme);

    /// <summary>Times a shape: by the call, and on a GPU by replay, with the work of each part.</summary>
    public BenchmarkResults Run(BatchShape shape)
    {
        Batch batch = MakeBatch(shape);
        LatencySample calls = Calls(batch);
        var rows = new List<LatencyRow> { Row(shape, Clocks.Call, calls) };
        GpuExecutor? gpu = StrategyExecutor.GpuFor(session.Executor, shape.Tokens);
        if (gpu is null)
            return new() { Latencies = rows };
        float[] replays = gpu.Replay(batch.Ids, batch.Lengths, WarmUp, limit.RunsOf(calls.Median / 1000));
        rows.Add(Row(shape, Clocks.Replay, new(replays.Select(t => (double)t))));
        return new() { Latencies = rows, Work = Work(shape, gpu.Model.Target.Arch) };
    }

    /// <summary>Times each part of a shape; nothing on the CPU.</summary>
    public BenchmarkResults RunParts(BatchShape shape)
    {
        GpuExecutor? gpu = StrategyExecutor.GpuFor(session.Executor, shape.Tokens);
        if (gpu is null)
            return new();
        Batch batch = MakeBatch(shape);
        var rows = new List<PartRow>();
        BucketPlan bucket = BatchBucket.For(gpu.Model.Target, shape.Tokens);
        foreach (IGrouping<string, int> part in OpsByPart())
        {
            HashSet<int> ops = [.. part];
            // A kernel that does several ops counts as the last of them.
            if (bucket.Launches.FirstOrDefault(launch => ops.Contains(launch.Op)) is not { } launched)
                continue;
            float[] replays = gpu.Replay(batch.Ids, batch.Lengths, WarmUp, PartReplays, launch => ops.Contains(launch.Op));
            var linear = _plan.Ops[part.First()] as LinearOp;
            // Parts of one op do not repeat in a batch; a part of several that differ (the head) is one op here.
            int count = part.Key == "head" ? 1 : ops.Count;
            rows.Add(new(
                model, Runner, precision, EncoderParts.Of(_plan, launched), shape.Tokens, linear is null ? shape.Length : null, linear?.N, linear?.K,
                Spread.Of(new(replays.Select(t => (double)t)), 1000.0 / count)));
        }

        return new() { Parts = rows };
    }

    /// <summary>Times each kernel of a shape; nothing on the CPU.</summary>
    public BenchmarkResults RunKernels(BatchShape shape)
    {
        GpuExecutor? gpu = StrategyExecutor.GpuFor(session.Executor, shape.Tokens);
        if (gpu is null)
            return new();
        Batch batch = MakeBatch(shape);
        (KernelLaunch Launch, float Milliseconds)[][] profiles = [.. Enumerable.Range(0, Profiles).Select(_ => gpu.Profile(batch.Ids, batch.Lengths))];
        return new()
        {
            Kernels = [.. profiles.SelectMany(p => p).GroupBy(p => p.Launch.Kernel.Name).Select(kernel => new KernelRow(
                model, precision, shape.Sequences, shape.Length, kernel.Key, kernel.Count() / Profiles,
                1000 * new LatencySample(kernel.Select(p => (double)p.Milliseconds)).Median))],
        };
    }

    /// <summary>Runs a shape once.</summary>
    public void RunOnce(BatchShape shape)
    {
        Batch batch = MakeBatch(shape);
        session.Forward(batch.Ids, batch.Lengths, batch.Output);
    }

    private LatencySample Calls(Batch batch)
    {
        for (int i = 0; i < WarmUp; i++)
            session.Forward(batch.Ids, batch.Lengths, batch.Output);
        var times = new List<double>();
        for (long first = Stopwatch.GetTimestamp(); !limit.IsReached(times.Count, Stopwatch.GetElapsedTime(first).TotalSeconds);)
        {
            long start = Stopwatch.GetTimestamp();
            session.Forward(batch.Ids, batch.Lengths, batch.Output);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return new(times);
    }

    private LatencyRow Row(BatchShape shape, string clock, LatencySample sample) =>
        new(model, Runner, precision, shape.Sequences, shape.Length, clock, Spread.Of(sample));

    /// <summary>Indices of the ops of each part, in the order of <see cref="EncoderParts.All"/>.</summary>
    private IEnumerable<IGrouping<string, int>> OpsByPart() =>
        Enumerable.Range(0, _plan.Ops.Count).GroupBy(op => EncoderParts.Of(_plan.Ops[op])).OrderBy(p => EncoderParts.All.ToList().IndexOf(p.Key));

    /// <summary>Work of a batch: a row for each kind of equal ops of a part.</summary>
    private WorkRow[] Work(BatchShape shape, GpuArch arch)
    {
        EquatableArray<OpWork> work = PlanWork.Count(_plan, arch, shape);
        return [.. OpsByPart().SelectMany(part => part.GroupBy(op => work[op]).Select(equal =>
            new WorkRow(model, precision, shape.Sequences, shape.Length, part.Key, equal.Count(), equal.Key)))];
    }

    private Batch MakeBatch(BatchShape shape)
    {
        var random = new Random(shape.Sequences * 1009 + shape.Length);
        int[] ids = [.. Enumerable.Range(0, shape.Tokens).Select(_ => random.Next(session.Descriptor.Model.VocabularySize))];
        int rows = session.Descriptor.Model.OutputPerToken ? ids.Length : shape.Sequences;
        return new(ids, [.. Enumerable.Repeat(shape.Length, shape.Sequences)], new float[rows * session.Descriptor.Model.OutputColumns]);
    }

    private sealed record Batch(int[] Ids, int[] Lengths, float[] Output);
}
