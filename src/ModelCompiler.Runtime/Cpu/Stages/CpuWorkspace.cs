using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Kernels;
using ModelCompiler.Runtime.Cpu.Threading;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>
/// What one call of the executor writes: the plan's buffers and scratch for each thread. Grows to the largest pass seen
/// and is used by one call at a time.
/// </summary>
internal sealed unsafe class CpuWorkspace : IDisposable
{
    private readonly BufferLayout _layout;
    private readonly AlignedMemory<byte>[] _slots;
    private readonly AlignedMemory<float>[] _scratch;
    private readonly AttentionKernel[] _attention;
    private readonly AlignedMemory<float> _shared = new();
    private readonly AlignedMemory<int> _starts = new();
    private readonly AlignedMemory<int> _places = new();
    private readonly WorkerPool<CpuWorkspace> _pool;

    public CpuWorkspace(BufferLayout layout, WorkerPool<CpuWorkspace> pool)
    {
        _layout = layout;
        _pool = pool;
        _slots = Enumerable.Range(0, layout.Slots).Select(_ => new AlignedMemory<byte>()).ToArray();
        _scratch = Enumerable.Range(0, pool.Threads).Select(_ => new AlignedMemory<float>()).ToArray();
        _attention = Enumerable.Range(0, pool.Threads).Select(_ => new AttentionKernel()).ToArray();
    }

    /// <summary>Tokens of this pass.</summary>
    public int Tokens { get; private set; }

    /// <summary>Sequences of this pass.</summary>
    public int Sequences { get; private set; }

    /// <summary>Longest sequence of this pass.</summary>
    public int Longest { get; private set; }

    /// <summary>Threads of the call.</summary>
    public int Threads => _pool.Threads;

    /// <summary>[tokens] ids.</summary>
    public int* Ids { get; private set; }

    /// <summary>[tokens] types, or null for zeros.</summary>
    public int* TokenTypes { get; private set; }

    /// <summary>[sequences + 1] first token of each sequence.</summary>
    public int* Starts => _starts.Pointer;

    /// <summary>[tokens] place of each token in its sequence.</summary>
    public int* Places => _places.Pointer;

    /// <summary>Opens a pass over some sequences.</summary>
    /// <param name="ids">[tokens], pinned for the pass.</param>
    /// <param name="tokenTypes">[tokens], pinned for the pass, or null.</param>
    /// <param name="lengths">[sequences].</param>
    /// <param name="tokens">Sum of the lengths.</param>
    public void Begin(int* ids, int* tokenTypes, ReadOnlySpan<int> lengths, int tokens)
    {
        Ids = ids;
        TokenTypes = tokenTypes;
        Tokens = tokens;
        Sequences = lengths.Length;
        Longest = 0;
        _starts.EnsureLength(lengths.Length + 1);
        _places.EnsureLength(tokens);
        int token = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            Starts[i] = token;
            Longest = Math.Max(Longest, lengths[i]);
            for (int place = 0; place < lengths[i]; place++)
                Places[token++] = place;
        }

        Starts[lengths.Length] = token;
        for (int slot = 0; slot < _slots.Length; slot++)
            _slots[slot].EnsureLength(_layout.SlotBytes(slot, tokens, lengths.Length));
    }

    /// <summary>Rows of a domain in this pass.</summary>
    public int Rows(RowDomain domain) => domain == RowDomain.Tokens ? Tokens : Sequences;

    /// <summary>An FP16 or FP32 buffer: [rows, columns] floats.</summary>
    public float* Floats(int buffer) => (float*)_slots[_layout.SlotOf(buffer)].Pointer;

    /// <summary>A buffer of codes.</summary>
    public CodeBuffer Codes(int buffer) => _layout.Codes(buffer, _slots[_layout.SlotOf(buffer)].Pointer, Tokens);

    /// <summary>Scratch of one thread.</summary>
    public float* Scratch(int worker) => _scratch[worker].Pointer;

    /// <summary>Attention of one thread.</summary>
    public AttentionKernel Attention(int worker) => _attention[worker];

    /// <summary>Scratch that all threads write, each its own part.</summary>
    public float* Shared => _shared.Pointer;

    /// <summary>Makes room in every thread's scratch.</summary>
    public void ReserveScratch(int floats)
    {
        foreach (AlignedMemory<float> scratch in _scratch)
            scratch.EnsureLength(floats);
    }

    /// <summary>Makes room in every thread's attention.</summary>
    public void ReserveAttention(int headSize)
    {
        foreach (AttentionKernel kernel in _attention)
            kernel.Reserve(Longest, headSize);
    }

    /// <summary>Makes room in the shared scratch.</summary>
    public void ReserveShared(int floats) => _shared.EnsureLength(floats);

    /// <summary>Runs the tasks of a phase on the call's threads.</summary>
    public void Run(IParallelWork<CpuWorkspace> work, int phase, int tasks) => _pool.Run(work, this, phase, tasks);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AlignedMemory<byte> slot in _slots)
            slot.Dispose();
        foreach (AlignedMemory<float> scratch in _scratch)
            scratch.Dispose();
        foreach (AttentionKernel kernel in _attention)
            kernel.Dispose();
        _shared.Dispose();
        _starts.Dispose();
        _places.Dispose();
    }
}
