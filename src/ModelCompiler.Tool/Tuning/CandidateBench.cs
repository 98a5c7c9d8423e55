using System.Diagnostics;
using ModelCompiler.Core;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Tuning;

/// <summary>
/// Measures candidates on a GPU. A launch is timed as a session runs it: in a captured graph, programmatically dependent on
/// the one ahead, each with the weights of another layer, so that they come from where they would come from.
/// </summary>
internal sealed class CandidateBench : ICandidateBench, IDisposable
{
    private const int WarmUp = 2;
    private const int Runs = 11;

    /// <summary>No kernel of an encoder takes a second; blocks that wait for each other in vain take forever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CudaContext _context;
    private readonly KernelPipeline _kernels;
    private readonly ILookup<TuningSubject, LinearKernel> _readers;
    private readonly CudaStream _stream;
    private readonly CudaEvent[] _marks;
    private (TuningSubject Subject, DeviceWeights Weights)? _weights;
    private (TuningSubject Subject, int Tokens, WorkMemory Memory)? _memory;
    private (TuningSubject Subject, int Tokens, int Op, Dictionary<int, byte[]> Results)? _reference;
    private bool _isLost;

    /// <summary>A bench for jobs.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="kernels">Kernels of the jobs, which the bench takes over.</param>
    /// <param name="jobs">All jobs: weights are packed for every order that their kernels read.</param>
    public CandidateBench(CudaContext context, KernelPipeline kernels, IReadOnlyList<TuningJob> jobs)
    {
        (_context, _kernels) = (context, kernels);
        _readers = jobs.ToLookup(j => j.Subject, j => j.Candidate.Product);
        _stream = context.CreateStream();
        _marks = [.. Enumerable.Range(0, Runs + 1).Select(_ => context.CreateEvent())];
    }

    /// <inheritdoc/>
    public CandidateOutcome Measure(TuningJob job)
    {
        try
        {
            Dictionary<int, byte[]> expected = Reference(job);
            BucketPlan bucket = job.Subject.Schedule(job.Tokens, job.Work, job.Candidate);
            if (!job.IsRule && ResultAgreement.Disagreement(Memory(job), job, bucket, Results(job, bucket), expected) is { } disagreement)
                return new CandidateOutcome.Disqualified(disagreement);
            return Time(job, bucket);
        }
        catch (KernelCompilationException e)
        {
            return new CandidateOutcome.Disqualified(FirstLine(e.Message));
        }
        catch (CudaException e) when (!e.IsSticky && e is not CudaOutOfMemoryException)
        {
            return new CandidateOutcome.Disqualified(FirstLine(e.Message));
        }
        catch (CudaException e) when (e.IsSticky)
        {
            _isLost = true;
            throw new TuningInterruptedException(job.Key, FirstLine(e.Message), e);
        }
    }

    /// <summary>Frees everything, the kernels too; nothing where the GPU is lost, because freeing would wait for it.</summary>
    public void Dispose()
    {
        _kernels.Stop();
        if (_isLost)
            return;
        foreach (CudaEvent mark in _marks)
            mark.Dispose();
        _memory?.Memory.Dispose();
        _weights?.Weights.Dispose();
        _stream.Dispose();
        _kernels.Dispose();
    }

    /// <summary>What the rules' candidate of the job's work writes.</summary>
    private Dictionary<int, byte[]> Reference(TuningJob job)
    {
        if (_reference is { } held && (held.Subject, held.Tokens, held.Op) == (job.Subject, job.Tokens, job.Op))
            return held.Results;
        Dictionary<int, byte[]> results = Results(job, job.Subject.Schedule(job.Tokens, job.Work, job.Rule));
        _reference = (job.Subject, job.Tokens, job.Op, results);
        return results;
    }

    private Dictionary<int, byte[]> Results(TuningJob job, BucketPlan bucket)
    {
        WorkMemory memory = Memory(job);
        (LaneAddresses lane, _) = memory.Prepare(job.Subject.Plan, bucket, job.Op, repeats: 1);
        BoundLaunch[] launches = Bind(job, bucket, memory, lane, shift: 0);
        _stream.Fill(lane.Rendezvous, 0, Math.Max(bucket.RendezvousBytes, 1));
        foreach (BoundLaunch launch in launches)
            Launch(launch, job.Tokens, dependent: false);
        Wait(job);
        return memory.Download(job.Subject.Plan, bucket, job.Op);
    }

    private CandidateOutcome.Measured Time(TuningJob job, BucketPlan bucket)
    {
        int repeats = Repeats(job.Tokens);
        WorkMemory memory = Memory(job);
        (LaneAddresses lane, long stride) = memory.Prepare(job.Subject.Plan, bucket, job.Op, repeats);
        BoundLaunch[] launches =
        [
            .. Enumerable.Range(0, repeats).SelectMany(i => Bind(job, bucket, memory, lane with { Rendezvous = lane.Rendezvous + (ulong)(i * stride) }, i)),
        ];
        foreach (BoundLaunch launch in launches)
            _kernels.Get(_context, launch.Launch.Kernel);
        using CudaGraphExec graph = Capture(job, launches, bucket.RendezvousBytes > 0 ? (lane.Rendezvous, repeats * stride) : null);
        for (int i = 0; i < WarmUp; i++)
            graph.Launch(_stream);
        _stream.Record(_marks[0]);
        for (int i = 0; i < Runs; i++)
        {
            graph.Launch(_stream);
            _stream.Record(_marks[i + 1]);
        }

        Wait(job);
        double[] times = [.. Enumerable.Range(0, Runs).Select(i => 1000.0 * _marks[i + 1].ElapsedMilliseconds(_marks[i]) / repeats).Order()];
        return new(times[Runs / 2], times[Runs * 3 / 4] - times[Runs / 4]);
    }

    private CudaGraphExec Capture(TuningJob job, BoundLaunch[] launches, (ulong Address, long Bytes)? rendezvous)
    {
        _stream.BeginCapture();
        try
        {
            if (rendezvous is { } memory)
                _stream.Fill(memory.Address, 0, memory.Bytes);
            for (int i = 0; i < launches.Length; i++)
                Launch(launches[i], job.Tokens, dependent: i > 0 && job.Subject.Arch.HasClusters());
        }
        catch
        {
            _stream.AbandonCapture();
            throw;
        }

        return _stream.EndCapture();
    }

    /// <summary>The launches of the job's op, one kernel or two, with the weights of a later layer.</summary>
    private BoundLaunch[] Bind(TuningJob job, BucketPlan bucket, WorkMemory memory, LaneAddresses lane, int shift)
    {
        var weights = new ShiftedWeights(Weights(job.Subject), job.Subject.Layers, shift);
        BucketPlan alone = bucket with { Launches = bucket.Launches.Where(l => l.Op == job.Op).ToEquatableArray() };
        return BucketLaunches.Build(job.Subject.Plan, alone, weights, memory.Batch, lane, _context);
    }

    private void Launch(BoundLaunch bound, int tokens, bool dependent)
    {
        KernelPlan kernel = bound.Launch.Kernel;
        CudaFunction function = _kernels.Get(_context, kernel);
        LaunchShape shape = kernel.ShapeIn(tokens, s => function.BlocksAtATime(s, _context.Info.Multiprocessors), dependent);
        _stream.Launch(function, shape, bound.Argument);
    }

    /// <summary>Waits for the stream, but not forever.</summary>
    private void Wait(TuningJob job)
    {
        using CudaEvent end = _context.CreateEvent(timed: false);
        _stream.Record(end);
        long start = Stopwatch.GetTimestamp();
        while (!end.IsDone)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                _isLost = true;
                throw new TuningInterruptedException(job.Key, $"one that still runs after {Patience.TotalSeconds:0} s");
            }

            Thread.Yield();
        }
    }

    private DeviceWeights Weights(TuningSubject subject)
    {
        if (_weights is { } held && held.Subject == subject)
            return held.Weights;
        _weights?.Weights.Dispose();
        _weights = null;
        DeviceWeights weights = TuningWeights.Upload(_context, subject, _readers[subject]);
        _weights = (subject, weights);
        return weights;
    }

    private WorkMemory Memory(TuningJob job)
    {
        if (_memory is { } held && held.Subject == job.Subject && held.Tokens == job.Tokens)
            return held.Memory;
        _memory?.Memory.Dispose();
        _memory = null;
        var memory = new WorkMemory(_context, _stream, job.Tokens);
        _memory = (job.Subject, job.Tokens, memory);
        return memory;
    }

    /// <summary>So many launches that starting the graph does not count, and so few that a candidate takes a fraction of a second.</summary>
    private static int Repeats(int tokens) => tokens switch
    {
        <= 1024 => 48,
        <= 4096 => 24,
        _ => 12,
    };

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd('\r', '.');
}
