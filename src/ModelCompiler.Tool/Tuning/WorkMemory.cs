using System.Runtime.InteropServices;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Tool.Tuning;

/// <summary>
/// Device memory of a full bucket, as a session's lane has it, and operands of one op in it. A candidate may place buffers
/// elsewhere than another, because its scratch differs; what they hold is the same.
/// </summary>
internal sealed class WorkMemory : IDisposable
{
    /// <summary>NaN in every format that has one, so that a read of what was never written shows.</summary>
    private const byte Poison = 0xff;

    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly DeviceMemory _batch;
    private readonly BatchLayout _layout;
    private readonly Dictionary<int, byte[]> _operands = [];
    private DeviceMemory? _arena;
    private DeviceMemory? _rendezvous;

    /// <summary>Takes memory for a full bucket.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="stream">Where copies are queued.</param>
    /// <param name="tokens">The bucket.</param>
    /// <param name="sequence">Tokens of a sequence; the last may have fewer.</param>
    public WorkMemory(CudaContext context, CudaStream stream, int tokens, int sequence)
    {
        (_context, _stream, Tokens) = (context, stream, tokens);
        _layout = BatchLayout.For(tokens);
        _batch = context.Allocate(_layout.Bytes);
        var block = new byte[_layout.Bytes];
        int[] lengths = TuningSubject.Sequences(tokens, sequence);
        _layout.Write(block, lengths, TokenTiles.CountWhereFilled(lengths) is not null);
        // Equal rows would let the chip run faster than it does.
        var random = new Random(tokens);
        foreach (ref int id in MemoryMarshal.Cast<byte, int>(block.AsSpan((int)_layout.TokenIds))[..tokens])
            id = random.Next(TuningSubject.Vocabulary);
        stream.Upload(_batch.Address, block);
    }

    /// <summary>Tokens of the bucket.</summary>
    public int Tokens { get; }

    /// <summary>Addresses of the batch.</summary>
    public BatchAddresses Batch => _layout.At(_batch.Address);

    /// <summary>Memory for a schedule, its operands in place, all else poisoned.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="bucket">The schedule.</param>
    /// <param name="op">Op whose operands are wanted.</param>
    /// <param name="repeats">Launches that need rendezvous memory of their own.</param>
    /// <returns>Addresses of the first launch's memory, and from one launch's rendezvous memory to the next.</returns>
    public (LaneAddresses Lane, long RendezvousStride) Prepare(ExecutionPlan plan, BucketPlan bucket, int op, int repeats)
    {
        long stride = Arena.Align(Math.Max(bucket.RendezvousBytes, 1));
        DeviceMemory arena = Ensure(ref _arena, bucket.Arena.PeakBytes), rendezvous = Ensure(ref _rendezvous, repeats * stride);
        _stream.Fill(arena.Address, Poison, bucket.Arena.PeakBytes);
        foreach (int id in BufferValues.ReadBy(plan.Ops[op]))
        {
            if (!_operands.TryGetValue(id, out byte[]? bytes))
                _operands.Add(id, bytes = Codec(bucket, id).Encode(RandomOperands.Make(plan.Buffers[id], Tokens)));
            _stream.Upload(arena.Address + (ulong)bucket.Arena.Offsets[id], bytes);
        }

        return (new(arena.Address, rendezvous.Address), stride);
    }

    /// <summary>Memory that is enough for any of some schedules, which run one at a time.</summary>
    public LaneAddresses Reserve(IReadOnlyCollection<BucketPlan> buckets) => new(
        Ensure(ref _arena, buckets.Max(b => b.Arena.PeakBytes)).Address, Ensure(ref _rendezvous, buckets.Max(b => Math.Max(b.RendezvousBytes, 1))).Address);

    /// <summary>Bytes of the buffers that an op wrote, by id.</summary>
    public Dictionary<int, byte[]> Download(ExecutionPlan plan, BucketPlan bucket, int op)
    {
        var written = new Dictionary<int, byte[]>();
        foreach (PlanBuffer buffer in plan.Buffers.Where(b => b.FirstOp == op))
        {
            var bytes = new byte[Codec(bucket, buffer.Id).Bytes];
            _stream.Download(bytes, _arena!.Address + (ulong)bucket.Arena.Offsets[buffer.Id]);
            written.Add(buffer.Id, bytes);
        }

        return written;
    }

    /// <summary>How a buffer of token rows lies in memory.</summary>
    public DeviceBufferCodec Codec(BucketPlan bucket, int buffer) => new(bucket.Buffers[buffer], Tokens);

    /// <summary>Frees everything. Not while the GPU uses it.</summary>
    public void Dispose()
    {
        _arena?.Dispose();
        _rendezvous?.Dispose();
        _batch.Dispose();
    }

    private DeviceMemory Ensure(ref DeviceMemory? memory, long bytes)
    {
        if (memory is null || memory.Bytes < bytes)
        {
            memory?.Dispose();
            memory = null;
            memory = _context.Allocate(bytes);
        }

        return memory;
    }
}
