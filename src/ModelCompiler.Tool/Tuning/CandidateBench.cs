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

    private readonly CudaContext _context;
    private readonly TuningStream _stream;
    private readonly ILookup<TuningSubject, KernelPlan> _kernels;
    private readonly CudaEvent[] _marks;
    private (TuningSubject Subject, DeviceWeights Weights)? _weights;
    private (TuningSubject Subject, int Tokens, WorkMemory Memory)? _memory;
    private (TuningSubject Subject, int Tokens, int Op, Dictionary<int, byte[]> Results)? _reference;

    /// <summary>A bench for jobs.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="kernels">Kernels of the jobs, which the bench takes over.</param>
    /// <param name="jobs">All jobs: weights are packed for every order that their kernels read.</param>
    public CandidateBench(CudaContext context, KernelPipeline kernels, IReadOnlyList<TuningJob> jobs)
    {
        _context = context;
        _stream = new(context, kernels);
        _kernels = jobs.ToLookup(j => j.Subject, j => j.Candidate.First);
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
            throw _stream.Lost(job.Key.ToString(), e);
        }
    }

    /// <summary>Frees everything, the kernels too.</summary>
    public void Dispose()
    {
        if (!_stream.IsLost)
        {
            foreach (CudaEvent mark in _marks)
                mark.Dispose();
            _memory?.Memory.Dispose();
            _weights?.Weights.Dispose();
        }

        _stream.Dispose();
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
        _stream.Stream.Fill(lane.Rendezvous, 0, Math.Max(bucket.RendezvousBytes, 1));
        foreach (BoundLaunch launch in launches)
            _stream.Launch(launch, job.Tokens, dependent: false);
        _stream.Wait(job.Key.ToString());
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
        using CudaGraphExec graph = _stream.Capture(
            launches, job.Tokens, job.Subject.Arch.HasClusters(), (lane.Rendezvous, bucket.RendezvousBytes > 0 ? repeats * stride : 0));
        for (int i = 0; i < WarmUp; i++)
            graph.Launch(_stream.Stream);
        _stream.Stream.Record(_marks[0]);
        for (int i = 0; i < Runs; i++)
        {
            graph.Launch(_stream.Stream);
            _stream.Stream.Record(_marks[i + 1]);
        }

        _stream.Wait(job.Key.ToString());
        double[] times = [.. Enumerable.Range(0, Runs).Select(i => 1000.0 * _marks[i + 1].ElapsedMilliseconds(_marks[i]) / repeats).Order()];
        return new(times[Runs / 2], times[Runs * 3 / 4] - times[Runs / 4]);
    }

    /// <summary>The launches of the job's op, one kernel or two, with the weights of a later layer.</summary>
    private BoundLaunch[] Bind(TuningJob job, BucketPlan bucket, WorkMemory memory, LaneAddresses lane, int shift)
    {
        var weights = new ShiftedWeights(Weights(job.Subject), job.Subject.Layers, shift);
        BucketPlan alone = bucket with { Launches = bucket.Launches.Where(l => l.Op == job.Op).ToEquatableArray() };
        return BucketLaunches.Build(job.Subject.Plan, alone, weights, memory.Batch, lane, _context);
    }

    private DeviceWeights Weights(TuningSubject subject)
    {
        if (_weights is { } held && held.Subject == subject)
            return held.Weights;
        _weights?.Weights.Dispose();
        _weights = null;
        DeviceWeights weights = TuningWeights.Upload(_context, subject, _kernels[subject]);
        _weights = (subject, weights);
        return weights;
    }

    private WorkMemory Memory(TuningJob job)
    {
        if (_memory is { } held && held.Subject == job.Subject && held.Tokens == job.Tokens)
            return held.Memory;
        _memory?.Memory.Dispose();
        _memory = null;
        var memory = new WorkMemory(_context, _stream.Stream, job.Tokens, job.Subject.Sequence);
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
