using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Ops;

/// <summary>An executor that can run one op of its plan on operands from elsewhere.</summary>
internal interface IOpExecutor
{
    /// <summary>First and last of the ops that one kernel does with this one, whose results in between nobody sees.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="op">Index of the op.</param>
    (int First, int Last) OpsWith(ConformanceBatch batch, int op);

    /// <summary>Runs an op that is the last of its kernel's, and those with it.</summary>
    /// <param name="batch">The batch: its counts, and its ids for the op that reads them.</param>
    /// <param name="op">Index of the op.</param>
    /// <param name="operands">The buffers that they read.</param>
    /// <returns>The buffers that the op wrote.</returns>
    BufferValues[] RunOp(ConformanceBatch batch, int op, IEnumerable<BufferValues> operands);
}
