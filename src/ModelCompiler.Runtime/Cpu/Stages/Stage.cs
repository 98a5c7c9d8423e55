using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Kernels;
using ModelCompiler.Runtime.Cpu.Threading;

namespace ModelCompiler.Runtime.Cpu.Stages;

/// <summary>A bound op: it knows its weights and buffers and cuts its work into tasks. Shared by concurrent calls.</summary>
internal abstract unsafe class Stage : IParallelWork<CpuWorkspace>
{
    /// <summary>Rows of a task that needs no matrix product.</summary>
    private protected const int RowBlock = 16;

    private readonly RowStep[] _steps;

    private protected Stage(RowStep[] steps) => _steps = steps;

    /// <summary>Binds an op.</summary>
    public static Stage Bind(ExecutionPlan plan, PlanOp op, CpuWeights weights)
    {
        RowStep[] steps = RowStep.Bind(plan, op, weights);
        return op switch
        {
            EmbeddingOp embedding => new EmbeddingStage(plan, embedding, weights, steps),
            LinearOp linear => new LinearStage(
                weights.Linear(linear.Weight), linear.Source, linear.Precision, RowDomain.Tokens, steps),
            DenseOp dense => new LinearStage(
                weights.Linear(dense.Weight), dense.Source, LinearPrecision.Float16, dense.Rows, steps),
            AttentionOp attention => new AttentionStage(attention, steps),
            PoolOp pool => new PoolStage(pool, steps),
            _ => throw new NotSupportedException($"The CPU executor does not know {op.GetType().Name} '{op.Name}'."),
        };
    }

    /// <summary>Runs the op over a pass.</summary>
    public abstract void Run(CpuWorkspace pass);

    /// <inheritdoc/>
    public abstract void Execute(CpuWorkspace pass, int phase, int task, int worker);

    /// <summary>Applies the epilogue to finished rows.</summary>
    private protected void Finish(CpuWorkspace pass, float* y, int stride, int row, int rows, int columns)
    {
        for (int m = 0; m < rows; m++)
        {
            foreach (RowStep step in _steps)
                step.Apply(pass, y + (nint)m * stride, row + m, columns);
        }
    }

    /// <summary>First row and number of rows of a task, where <paramref name="tasks"/> tasks share the rows evenly.</summary>
    private protected static (int Row, int Rows) Share(int rows, int task, int tasks)
    {
        int first = (int)((long)rows * task / tasks), next = (int)((long)rows * (task + 1) / tasks);
        return (first, next - first);
    }

    /// <summary>Tasks of up to <paramref name="block"/> rows, as many for every thread.</summary>
    private protected static int Tasks(int rows, int block, int threads) =>
        Math.Min(rows, Round.UpTo(Round.UpDivide(rows, block), threads));
}
