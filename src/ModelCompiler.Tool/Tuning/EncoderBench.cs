using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Compilation;
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
    private readonly ILookup<TuningSubject, KernelPlan> _kernels;
    private readonly Dictionary<TuningSubject, (ExecutionPlan Whole, DeviceWeights Weights)> _weights = [];
    private (int Tokens, int Sequence, WorkMemory Memory)? _memory;

    /// <summary>A bench for variants in their buckets; their kernels are compiled in this order.</summary>
    public EncoderBench(CudaContext context, IEnumerable<(int Tokens, EncoderVariant Variant)> variants)
    {
        _context = context;
        (TuningSubject Subject, KernelPlan Kernel)[] kernels =
            [.. variants.SelectMany(v => v.Variant.Kernels(v.Tokens).Select(kernel => (v.Variant.Subject, kernel)))];
        _kernels = kernels.ToLookup(k => k.Subject, k => k.Kernel);
        _stream = new(context, new KernelPipeline(kernels.Select(k => k.Kernel), new KernelCompiler(cache: CubinCache.ForUser())));
    }

    /// <inheritdoc/>
    public double[][] Measure(int tokens, IReadOnlyList<EncoderVariant> variants, int rounds, string measured)
    {
        var graphs = new List<CudaGraphExec>();
        try
        {
            KeepWeights([.. variants.Select(v => v.Subject)]);
            BucketPlan[] buckets = [.. variants.Select(v => v.Subject.Schedule(_weights[v.Subject].Whole, tokens, v.Choices))];
            WorkMemory memory = Memory(tokens, variants[0].Subject.Sequence);
            LaneAddresses lane = memory.Reserve(buckets);
            foreach ((EncoderVariant variant, BucketPlan bucket) in variants.Zip(buckets))
            {
                (ExecutionPlan whole, DeviceWeights weights) = _weights[variant.Subject];
                BoundLaunch[] launches = BucketLaunches.Build(whole, bucket, weights, memory.Batch, lane, _context);
                graphs.Add(_stream.Capture(launches, tokens, variant.Subject.Arch.HasClusters(), (lane.Rendezvous, bucket.RendezvousBytes)));
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
            KeepWeights([]);
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

    /// <summary>Loads the weights of some encoders, and frees those of all others.</summary>
    private void KeepWeights(HashSet<TuningSubject> wanted)
    {
        foreach (TuningSubject subject in _weights.Keys.Where(s => !wanted.Contains(s)).ToArray())
        {
            _weights[subject].Weights.Dispose();
            _weights.Remove(subject);
        }

        foreach (TuningSubject subject in wanted.Where(s => !_weights.ContainsKey(s)))
            _weights.Add(subject, (subject.Whole(), TuningWeights.Upload(_context, subject, _kernels[subject])));
    }

    private WorkMemory Memory(int tokens, int sequence)
    {
        if (_memory is { } held && (held.Tokens, held.Sequence) == (tokens, sequence))
            return held.Memory;
        _memory?.Memory.Dispose();
        _memory = null;
        var memory = new WorkMemory(_context, _stream.Stream, tokens, sequence);
        _memory = (tokens, sequence, memory);
        return memory;
    }
}
