using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Kernels;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>Copies what an op wrote out of a workspace, before a later op takes its memory.</summary>
internal static unsafe class CpuTrace
{
    /// <summary>The buffers that an op has written.</summary>
    public static BufferValues[] Written(ExecutionPlan plan, int op, CpuWorkspace pass) =>
        [.. plan.Buffers.Where(buffer => buffer.FirstOp == op).Select(buffer => Read(buffer, pass))];

    private static BufferValues Read(PlanBuffer buffer, CpuWorkspace pass)
    {
        int rows = pass.Rows(buffer.Rows), count = rows * buffer.Columns;
        if (buffer.Element != BufferElement.Codes)
            return new(buffer, rows) { Values = new ReadOnlySpan<float>(pass.Floats(buffer.Id), count).ToArray() };
        CodeBuffer stored = pass.Codes(buffer.Id);
        int offset = buffer.Format.Symmetry == Symmetry.Symmetric ? CodeRows.SignedOffset : 0;
        var codes = new short[count];
        for (int i = 0; i < count; i++)
            codes[i] = (short)(stored.Codes[i / buffer.Columns * stored.Stride + i % buffer.Columns] - offset);
        return new(buffer, rows)
        {
            Codes = codes,
            Scales = new ReadOnlySpan<float>(stored.Scale, rows).ToArray(),
            Minimums = new ReadOnlySpan<float>(stored.Lo, rows).ToArray(),
        };
    }
}
