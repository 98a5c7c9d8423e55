using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Tuning;

/// <summary>
/// Replays graphs of whole encoders. In each round every variant has a block of replays, the first of which do not count:
/// what the variant ahead left in the cache is gone by then.
/// </summary>
internal sealed class EncoderBench : IEncoderBench, IDisposable
{
    private const int Lead = 2;

    /// <summary>Length of a block's measured part: so long that two events and the clock do not count.</summary>
    private const double BlockMilliseconds = 4;

    /// <summary>Replays of a block that count.</summary>
    private const int Fewest = 2, Most = 24;

    private readonly CudaContext _context;
    private readonly TuningStream _stream;
    private readonly ILookup<TuningSubject, LinearKernel> _readers;
    private (TuningSubject Subject, ExecutionPlan Whole, DeviceWeights Weights)? _weights;
    private (TuningSubject Subject, int Tokens, WorkMemory Memory)? _memory;

    /// <summary>A bench for variants.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="kernels">Kernels of all variants, which the bench takes over.</param>
    /// <param name="readers">Matrix products of all variants: weights are packed for every order that they read.</param>
    public EncoderBench(CudaContext context, KernelPipeline kernels, ILookup<TuningSubject, LinearKernel> readers)
    {
        (_context, _readers) = (context, readers);
        _stream = new(context, kernels);
    }

    /// <summary>Kernels of everything that a search may try, in the order of its use.</summary>
    public static IEnumerable<KernelPlan> Kernels(TuningSubject subject, int tokens, IReadOnlyList<PartSwaps> parts) =>
        parts.SelectMany(p => p.Swaps).Select(s => s.Choices).Prepend(default)
            .SelectMany(choices => subject.Schedule(subject.Plan, tokens, choices).Launches).Select(l => l.Kernel).Distinct();

    /// <inheritdoc/>
    public double[][] Measure(TuningSubject subject, int tokens, IReadOnlyList<EquatableArray<KernelChoice>> variants, int rounds, string measured)
    {
        var graphs = new List<CudaGraphExec>();
        try
        {
            (ExecutionPlan whole, DeviceWeights weights) = Weights(subject);
            BucketPlan[] buckets = [.. variants.Select(choices => subject.Schedule(whole, tokens, choices))];
            WorkMemory memory = Memory(subject, tokens);
            LaneAddresses lane = memory.Reserve(buckets);
            foreach (BucketPlan bucket in buckets)
            {
                BoundLaunch[] launches = BucketLaunches.Build(whole, bucket, weights, memory.Batch, lane, _context);
                graphs.Add(_stream.Capture(launches, tokens, subject.Arch.HasClusters(), (lane.Rendezvous, bucket.RendezvousBytes)));
            }

            int replays = (int)Math.Clamp(BlockMilliseconds / Milliseconds(graphs[0], 1, measured), Fewest, Most);
            var times = new double[variants.Count][];
            for (int i = 0; i < times.Length; i++)
                times[i] = new double[rounds];
            for (int round = 0; round < rounds; round++)
            {
                // Each variant follows another one in the next round.
                for (int i = 0; i < times.Length; i++)
                {
                    int variant = round % 2 == 0 ? i : times.Length - 1 - i;
                    times[variant][round] = 1000 * Milliseconds(graphs[variant], replays, measured);
                }
            }

            return times;
        }
        catch (CudaException e) when (e.IsSticky)
        {
            throw _stream.Lost(measured, e);
        }
        finally
        {
            if (!_stream.IsLost)
            {
                foreach (CudaGraphExec graph in graphs)
                    graph.Dispose();
            }
        }
    }

    /// <summary>Frees everything, the kernels too.</summary>
    public void Dispose()
    {
        if (!_stream.IsLost)
        {
            _memory?.Memory.Dispose();
            _weights?.Weights.Dispose();
        }

        _stream.Dispose();
    }

    /// <summary>Milliseconds of a replay, on average over a block.</summary>
    private double Milliseconds(CudaGraphExec graph, int replays, string measured)
    {
        using CudaEvent start = _context.CreateEvent(), end = _context.CreateEvent();
        for (int i = 0; i < Lead; i++)
            graph.Launch(_stream.Stream);
        _stream.Stream.Record(start);
        for (int i = 0; i < replays; i++)
            graph.Launch(_stream.Stream);
        _stream.Stream.Record(end);
        _stream.Wait(measured);
        return end.ElapsedMilliseconds(start) / replays;
    }

    private (ExecutionPlan Whole, DeviceWeights Weights) Weights(TuningSubject subject)
    {
        if (_weights is { } held && held.Subject == subject)
            return (held.Whole, held.Weights);
        _weights?.Weights.Dispose();
        _weights = null;
        DeviceWeights weights = TuningWeights.Upload(_context, subject, _readers[subject]);
        ExecutionPlan whole = subject.Whole();
        _weights = (subject, whole, weights);
        return (whole, weights);
    }

    private WorkMemory Memory(TuningSubject subject, int tokens)
    {
        if (_memory is { } held && held.Subject == subject && held.Tokens == tokens)
            return held.Memory;
        _memory?.Memory.Dispose();
        _memory = null;
        var memory = new WorkMemory(_context, _stream.Stream, tokens, subject.Sequence);
        _memory = (subject, tokens, memory);
        return memory;
    }
}
