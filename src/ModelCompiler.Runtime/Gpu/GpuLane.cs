using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>
/// One batch at a time: a stream, buffers, and for each bucket a captured graph, two where batches of filled tiles have one of
/// their own. All memory is taken when the lane is made. One thread at a time.
/// </summary>
internal sealed unsafe partial class GpuLane : IDisposable
{
    private readonly GpuModel _model;
    private readonly CudaStream _stream;
    private readonly DeviceMemory _arena;
    private readonly DeviceMemory _rendezvous;
    private readonly DeviceMemory _batch;
    private readonly PinnedMemory _input;
    private readonly PinnedMemory _result;
    private readonly LaneBucket[] _buckets; // those of filled tiles too
    private readonly WaitingGraphs _waiting;
    private readonly CudaEvent _done;
    private readonly List<IDisposable> _owned = [];

    public GpuLane(GpuModel model)
    {
        _model = model;
        _waiting = WaitingGraphs.On(model.Context);
        try
        {
            _done = Own(model.Context.CreateEvent(timed: false));
            int largest = model.Target.Buckets.Max(b => b.Tokens);
            BatchLayout layout = BatchLayout.For(largest);
            _stream = Own(model.Context.CreateStream());
            _arena = Own(model.Context.Allocate(model.Memory.ArenaBytes));
            _rendezvous = Own(model.Context.Allocate(model.Memory.RendezvousBytes));
            _batch = Own(model.Context.Allocate(layout.Bytes));
            _input = Own(model.Context.AllocatePinned(layout.Bytes));
            _result = Own(model.Context.AllocatePinned(model.Target.Buckets.Max(ResultBytes)));
            // A graph's first launch must not find counts that were never written.
            _stream.Fill(_batch.Address, 0, layout.Bytes);
            var addresses = new LaneAddresses(_arena.Address, _rendezvous.Address);
            _buckets = [.. model.Target.AllBuckets.Select(Capture)];
            _stream.Synchronize();

            LaneBucket Capture(BucketPlan bucket) => Own(LaneBucket.Capture(model, bucket, _stream, addresses, _batch.Address));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Runs a checked batch.</summary>
    /// <param name="tokenIds">[tokens].</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="output">Receives the output.</param>
    /// <param name="hiddenState">Receives [tokens, H]; nothing is copied where empty.</param>
    public void Run(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, Span<float> output, Span<float> hiddenState)
    {
        LaneBucket bucket = BucketFor(sequenceLengths);
        Upload(bucket, tokenIds, sequenceLengths, tokenTypes);
        if (_model.Options.Poison)
            _stream.Fill(_arena.Address, 0xff, _arena.Bytes);
        using (LaunchTurn turn = Turn(bucket))
            bucket.Graph.Launch(turn);
        Fetch(bucket, output, hiddenState);
    }

    /// <summary>Runs a batch kernel by kernel, without the graph, and takes each one's time.</summary>
    /// <returns>Milliseconds of each launch of the bucket, in order. Gaps between kernels count to the later one.</returns>
    public (KernelLaunch Launch, float Milliseconds)[] Profile(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths)
    {
        LaneBucket bucket = BucketFor(sequenceLengths);
        Upload(bucket, tokenIds, sequenceLengths, []);
        var marks = new CudaEvent[bucket.Launches.Length + 1];
        try
        {
            for (int i = 0; i < marks.Length; i++)
                marks[i] = _model.Context.CreateEvent();
            using (LaunchTurn turn = Turn(bucket))
            {
                bucket.Prepare(turn);
                _stream.Record(marks[0]);
                for (int i = 0; i < bucket.Launches.Length; i++)
                {
                    bucket.Launch(turn, i);
                    _stream.Record(marks[i + 1]);
                }
            }

            _stream.Synchronize();
            return [.. bucket.Launches.Select((bound, i) => (bound.Launch, marks[i + 1].ElapsedMilliseconds(marks[i])))];
        }
        finally
        {
            foreach (CudaEvent? mark in marks)
                mark?.Dispose();
        }
    }

    /// <summary>The ops that one kernel does with this one, in the bucket of a batch.</summary>
    /// <param name="tokens">Tokens of the batch.</param>
    /// <param name="op">Index of the op.</param>
    /// <returns>Indices of the first and the last of them.</returns>
    public (int First, int Last) OpsWith(int tokens, int op)
    {
        KernelLaunch launch = BucketFor(tokens).Launches.First(bound => bound.Launch.FirstOp <= op && op <= bound.Launch.Op).Launch;
        return (launch.FirstOp, launch.Op);
    }

    /// <summary>
    /// Runs one op of the plan, the last of its kernel's, on given operands, everything else in the arena being NaN bits.
    /// </summary>
    /// <param name="tokenIds">[tokens].</param>
    /// <param name="sequenceLengths">[sequences].</param>
    /// <param name="tokenTypes">[tokens], or empty for zeros.</param>
    /// <param name="op">Index of the op.</param>
    /// <param name="operands">The buffers that its kernel reads.</param>
    /// <returns>The buffers that it wrote.</returns>
    public BufferValues[] RunOp(
        ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes, int op, IEnumerable<BufferValues> operands)
    {
        LaneBucket bucket = BucketFor(tokenIds.Length);
        Upload(bucket, tokenIds, sequenceLengths, tokenTypes);
        _stream.Fill(_arena.Address, 0xff, _arena.Bytes);
        foreach (BufferValues operand in operands)
            _stream.Upload(bucket.AddressOf(operand.Buffer.Id), bucket.Codec(operand.Buffer.Id).Encode(operand));
        using (LaunchTurn turn = Turn(bucket))
        {
            bucket.Prepare(turn);
            for (int i = 0; i < bucket.Launches.Length; i++)
            {
                if (bucket.Launches[i].Launch.Op == op)
                    bucket.Launch(turn, i);
            }
        }

        var written = new List<BufferValues>();
        foreach (PlanBuffer buffer in _model.Plan.Buffers.Where(b => b.FirstOp == op))
        {
            DeviceBufferCodec codec = bucket.Codec(buffer.Id);
            var bytes = new byte[codec.Bytes];
            _stream.Download(bytes, bucket.AddressOf(buffer.Id));
            written.Add(codec.Decode(buffer, buffer.Rows == RowDomain.Tokens ? tokenIds.Length : sequenceLengths.Length, bytes));
        }

        return [.. written];
    }

    /// <summary>Frees everything. Not while it runs.</summary>
    public void Dispose()
    {
        if (_done is not null)
            _waiting.Forget(_done);
        for (int i = _owned.Count - 1; i >= 0; i--)
            _owned[i].Dispose();
        _owned.Clear();
    }

    private LaunchTurn Turn(LaneBucket bucket) => new(bucket.Plan, _waiting, _stream, _done);

    private LaneBucket BucketFor(int tokens) => BucketOf(BatchBucket.For(_model.Target, tokens));

    private LaneBucket BucketFor(ReadOnlySpan<int> sequenceLengths) => BucketOf(BatchBucket.For(_model.Target, sequenceLengths));

    private LaneBucket BucketOf(BucketPlan plan)
    {
        int i = 0;
        while (!ReferenceEquals(_buckets[i].Plan, plan))
            i++;
        return _buckets[i];
    }

    private void Upload(LaneBucket bucket, ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, ReadOnlySpan<int> tokenTypes)
    {
        BatchLayout layout = bucket.Layout;
        layout.Write(new(_input.Pointer, (int)layout.Bytes), sequenceLengths, bucket.ReadsTiles);
        tokenIds.CopyTo(new(_input.Pointer + layout.TokenIds, tokenIds.Length));
        var types = new Span<int>(_input.Pointer + layout.TypeIds, tokenIds.Length);
        if (tokenTypes.IsEmpty)
            types.Clear();
        else
            tokenTypes.CopyTo(types);
        _stream.CopyToDevice(_batch.Address, _input.Pointer, layout.TypeIds + 4L * tokenIds.Length);
    }

    private void Fetch(LaneBucket bucket, Span<float> output, Span<float> hiddenState)
    {
        ExecutionPlan plan = _model.Plan;
        long outputBytes = (long)output.Length * ElementBytes(plan.Output);
        _stream.CopyToHost(_result.Pointer, bucket.AddressOf(plan.Output), outputBytes);
        if (!hiddenState.IsEmpty)
            _stream.CopyToHost(_result.Pointer + outputBytes, bucket.AddressOf(plan.HiddenState), (long)hiddenState.Length * sizeof(ushort));
        _stream.Synchronize();
        Read(_result.Pointer, plan.Output, output);
        if (!hiddenState.IsEmpty)
            Read(_result.Pointer + outputBytes, plan.HiddenState, hiddenState);
    }

    private void Read(byte* source, int buffer, Span<float> target)
    {
        if (_model.Plan.Buffers[buffer].Element == BufferElement.Float32)
            MemoryMarshal.Cast<byte, float>(new ReadOnlySpan<byte>(source, checked(target.Length * sizeof(float)))).CopyTo(target);
        else
            TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, target.Length), target);
    }

    private int ElementBytes(int buffer) => _model.Plan.Buffers[buffer].Element == BufferElement.Float32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Output and hidden state of a full bucket.</summary>
    private long ResultBytes(BucketPlan bucket) =>
        bucket.Buffers[_model.Plan.Output].Bytes(bucket.Tokens) + bucket.Buffers[_model.Plan.HiddenState].Bytes(bucket.Tokens);

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
