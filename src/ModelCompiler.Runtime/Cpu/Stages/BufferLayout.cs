using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>A buffer of codes with its row metadata.</summary>
/// <param name="codes">[rows, stride] stored codes.</param>
/// <param name="stride">Bytes between rows.</param>
/// <param name="scale">[rows] S.</param>
/// <param name="lo">[rows] minimum, 0 for signed codes.</param>
/// <param name="codeSums">[rows, groups] Σ code.</param>
internal readonly unsafe struct CodeBuffer(byte* codes, int stride, float* scale, float* lo, int* codeSums)
{
    public readonly byte* Codes = codes;
    public readonly int Stride = stride;
    public readonly float* Scale = scale;
    public readonly float* Lo = lo;
    public readonly int* CodeSums = codeSums;
}

/// <summary>
/// Where the plan's buffers lie: buffers whose lifetimes do not meet share a slot. FP16 values are kept in floats that
/// hold FP16 values.
/// </summary>
internal sealed unsafe class BufferLayout
{
    private const int Alignment = 64;

    private readonly ExecutionPlan _plan;
    private readonly int[] _slotOf;
    private readonly List<List<int>> _slots = [];
    private readonly int[] _codeGroups;

    /// <summary>Places the buffers of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="weights">Say how many groups the code sums of a buffer have.</param>
    public BufferLayout(ExecutionPlan plan, CpuWeights weights)
    {
        _plan = plan;
        _slotOf = new int[plan.Buffers.Count];
        _codeGroups = new int[plan.Buffers.Count];
        foreach (PlanOp op in plan.Ops)
        {
            if (op is LinearOp { Source: var source } linear && weights.Linear(linear.Weight) is IntegerLinearWeights integer)
                _codeGroups[source] = integer.Matrix.Groups;
        }

        foreach (PlanBuffer buffer in plan.Buffers.OrderBy(buffer => buffer.FirstOp))
            _slotOf[buffer.Id] = Place(buffer);
    }

    /// <summary>Number of slots.</summary>
    public int Slots => _slots.Count;

    /// <summary>Slot of a buffer.</summary>
    public int SlotOf(int buffer) => _slotOf[buffer];

    /// <summary>Bytes of a slot in a pass.</summary>
    public int SlotBytes(int slot, int tokens, int sequences)
    {
        long bytes = 0;
        foreach (int id in _slots[slot])
            bytes = Math.Max(bytes, Bytes(_plan.Buffers[id], _plan.Buffers[id].Rows == RowDomain.Tokens ? tokens : sequences));
        return checked((int)bytes);
    }

    /// <summary>Parts of a buffer of codes: codes, S, minimum, code sums.</summary>
    public CodeBuffer Codes(int buffer, byte* memory, int rows)
    {
        int stride = Round.UpTo(_plan.Buffers[buffer].Columns, Alignment);
        float* scale = (float*)(memory + (nint)rows * stride);
        return new(memory, stride, scale, scale + rows, (int*)(scale + 2 * (nint)rows));
    }

    private int Place(PlanBuffer buffer)
    {
        int slot = _slots.FindIndex(others => others.All(id => _plan.Buffers[id].LastOp < buffer.FirstOp));
        if (slot < 0)
        {
            slot = _slots.Count;
            _slots.Add([]);
        }

        _slots[slot].Add(buffer.Id);
        return slot;
    }

    private long Bytes(PlanBuffer buffer, int rows) => buffer.Element == BufferElement.Codes
        ? (long)rows * (Round.UpTo(buffer.Columns, Alignment) + 2 * sizeof(float) + _codeGroups[buffer.Id] * sizeof(int))
        : (long)rows * buffer.Columns * sizeof(float);
}
