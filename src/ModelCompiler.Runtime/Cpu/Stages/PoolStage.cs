using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>One row per sequence: its first token's, or the mean of all, fp32.</summary>
internal sealed unsafe class PoolStage(PoolOp op, RowStep[] steps) : Stage(steps)
{
    /// <inheritdoc/>
    public override void Run(CpuWorkspace pass)
    {
        pass.ReserveScratch(op.Columns);
        pass.Run(this, 0, Tasks(pass.Sequences, RowBlock, pass.Threads));
    }

    /// <inheritdoc/>
    public override void Execute(CpuWorkspace pass, int phase, int task, int worker)
    {
        (int row, int rows) = Share(pass.Sequences, task, Tasks(pass.Sequences, RowBlock, pass.Threads));
        float* y = pass.Scratch(worker), source = pass.Floats(op.Source);
        for (int sequence = row; sequence < row + rows; sequence++)
        {
            int first = pass.Starts[sequence], length = pass.Starts[sequence + 1] - first;
            float* token = source + (nint)first * op.Columns;
            new ReadOnlySpan<float>(token, op.Columns).CopyTo(new Span<float>(y, op.Columns));
            if (op.Kind == PoolKind.Mean)
            {
                for (int i = 1; i < length; i++)
                    Elementwise.Add(y, token + (nint)i * op.Columns, op.Columns);
                Elementwise.Scale(y, 1f / length, op.Columns);
            }

            if (op.Normalize)
                Elementwise.Normalize(y, op.Columns);
            Finish(pass, y, op.Columns, sequence, 1, op.Columns);
        }
    }
}
