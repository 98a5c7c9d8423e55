using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>
/// Attention over packed sequences. Many sequences: a task is a sequence with all heads, and finishes its rows. Few: a
/// task is one head of a sequence, and a second phase finishes the rows.
/// </summary>
internal sealed unsafe class AttentionStage(AttentionOp op, RowStep[] steps) : Stage(steps)
{
    private const int BySequence = 0, ByHead = 1, FinishRows = 2;

    private readonly FloatPath _path = InstructionPaths.BestFloat;

    private int Hidden => op.Heads * op.HeadSize;

    /// <inheritdoc/>
    public override void Run(CpuWorkspace pass)
    {
        pass.ReserveAttention(op.HeadSize);
        if (pass.Threads == 1 || pass.Sequences >= 4 * pass.Threads)
        {
            pass.ReserveScratch(pass.Longest * Hidden);
            pass.Run(this, BySequence, pass.Sequences);
        }
        else
        {
            pass.ReserveShared(pass.Tokens * Hidden);
            pass.Run(this, ByHead, pass.Sequences * op.Heads);
            pass.Run(this, FinishRows, Tasks(pass.Tokens, RowBlock, pass.Threads));
        }
    }

    /// <inheritdoc/>
    public override void Execute(CpuWorkspace pass, int phase, int task, int worker)
    {
        switch (phase)
        {
            case BySequence:
            {
                float* y = pass.Scratch(worker);
                for (int head = 0; head < op.Heads; head++)
                    Head(pass, task, head, worker, y);
                int first = pass.Starts[task];
                Finish(pass, y, Hidden, first, pass.Starts[task + 1] - first, Hidden);
                break;
            }

            case ByHead:
            {
                int sequence = task / op.Heads;
                Head(pass, sequence, task % op.Heads, worker, pass.Shared + (nint)pass.Starts[sequence] * Hidden);
                break;
            }

            case FinishRows:
            {
                (int row, int rows) = Share(pass.Tokens, task, Tasks(pass.Tokens, RowBlock, pass.Threads));
                Finish(pass, pass.Shared + (nint)row * Hidden, Hidden, row, rows, Hidden);
                break;
            }
        }
    }

    private void Head(CpuWorkspace pass, int sequence, int head, int worker, float* context)
    {
        int first = pass.Starts[sequence], length = pass.Starts[sequence + 1] - first, column = head * op.HeadSize;
        int stride = 3 * Hidden;
        float* q = pass.Floats(op.Source) + (nint)first * stride + column;
        pass.Attention(worker).Head(q, q + Hidden, q + 2 * Hidden, stride, length, op.HeadSize, context + column, Hidden, _path);
    }
}
