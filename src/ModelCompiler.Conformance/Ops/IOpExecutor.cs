using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Ops;

/// <summary>An executor that can run one op of its plan on operands from elsewhere.</summary>
internal interface IOpExecutor
{
    /// <summary>Runs an op.</summary>
    /// <param name="batch">The batch: its counts, and its ids for the op that reads them.</param>
    /// <param name="op">Index of the op.</param>
    /// <param name="operands">The buffers that the op reads.</param>
    /// <returns>The buffers that it wrote.</returns>
    BufferValues[] RunOp(ConformanceBatch batch, int op, IEnumerable<BufferValues> operands);
}
