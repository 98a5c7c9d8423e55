using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>
/// A matrix product and its epilogue. Enough rows: tasks hold whole rows and finish them while they are in the cache.
/// Few rows: tasks hold columns, so that each thread reads its part of the weights once, and a second phase finishes the
/// rows.
/// </summary>
internal sealed unsafe class LinearStage : Stage
{
    /// <summary>Column tasks for a thread, so that a slow thread can be helped out.</summary>
    private const int ColumnTasksPerThread = 4;

    private const int ByRows = 0, ByColumns = 1, FinishRows = 2;

    private readonly LinearWeights _weights;
    private readonly int _source;
    private readonly bool _isInteger;
    private readonly bool _isSigned;
    private readonly RowDomain _domain;

    public LinearStage(LinearWeights weights, int source, LinearPrecision precision, RowDomain domain, RowStep[] steps)
        : base(steps)
    {
        _weights = weights;
        _source = source;
        _isInteger = precision.IsInteger;
        _isSigned = precision.Activations.Symmetry == Symmetry.Symmetric;
        _domain = domain;
    }

    /// <inheritdoc/>
    public override void Run(CpuWorkspace pass)
    {
        int rows = pass.Rows(_domain);
        if (pass.Threads == 1 || rows >= _weights.RowsPerTask * pass.Threads)
        {
            pass.ReserveScratch(_weights.RowsPerTask * _weights.PaddedN + _weights.ScratchLength(_weights.RowsPerTask));
            pass.Run(this, ByRows, RowTasks(pass));
        }
        else
        {
            pass.ReserveScratch(_weights.ScratchLength(rows));
            pass.ReserveShared(rows * _weights.PaddedN);
            pass.Run(this, ByColumns, ColumnTasks(pass));
            pass.Run(this, FinishRows, FinishTasks(pass));
        }
    }

    /// <inheritdoc/>
    public override void Execute(CpuWorkspace pass, int phase, int task, int worker)
    {
        int stride = _weights.PaddedN;
        switch (phase)
        {
            case ByRows:
            {
                (int row, int rows) = Share(pass.Rows(_domain), task, RowTasks(pass));
                float* y = pass.Scratch(worker), scratch = y + (nint)_weights.RowsPerTask * stride;
                _weights.Multiply(Input(pass), row, rows, 0, _weights.Blocks, y, stride, scratch);
                Finish(pass, y, stride, row, rows, _weights.N);
                break;
            }

            case ByColumns:
            {
                (int block, int blocks) = Share(_weights.Blocks, task, ColumnTasks(pass));
                float* y = pass.Shared + (nint)block * LinearWeights.ColumnBlock;
                _weights.Multiply(Input(pass), 0, pass.Rows(_domain), block, blocks, y, stride, pass.Scratch(worker));
                break;
            }

            case FinishRows:
            {
                (int row, int rows) = Share(pass.Rows(_domain), task, FinishTasks(pass));
                Finish(pass, pass.Shared + (nint)row * stride, stride, row, rows, _weights.N);
                break;
            }
        }
    }

    /// <summary>The operand of a pass.</summary>
    public LinearInput Input(CpuWorkspace pass)
    {
        if (!_isInteger)
            return new() { Floats = pass.Floats(_source) };
        CodeBuffer codes = pass.Codes(_source);
        return new() { Codes = new(codes.Codes, codes.Stride, _isSigned, codes.CodeSums), Scale = codes.Scale, Lo = codes.Lo };
    }

    private int RowTasks(CpuWorkspace pass) => Tasks(pass.Rows(_domain), _weights.RowsPerTask, pass.Threads);

    private int ColumnTasks(CpuWorkspace pass) => Math.Min(_weights.Blocks, ColumnTasksPerThread * pass.Threads);

    private int FinishTasks(CpuWorkspace pass) => Math.Min(pass.Rows(_domain), 2 * pass.Threads);
}
