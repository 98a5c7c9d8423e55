using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime;

namespace ModelCompiler.Conformance;

/// <summary>Something that runs one model and is held against the CPU executor.</summary>
public interface IConformanceExecutor : IDisposable
{
    /// <summary>What runs, for the report: device and options.</summary>
    string Name { get; }

    /// <summary>Runs a packed batch, and returns when both results are complete.</summary>
    /// <param name="ids">[tokens] ids of all sequences, one after the other.</param>
    /// <param name="types">[tokens], or empty for a model without token types.</param>
    /// <param name="lengths">[sequences].</param>
    /// <param name="output">Receives [tokens or sequences, output columns]; filled with NaN by the caller.</param>
    /// <param name="hidden">Receives [tokens, H]; filled with NaN by the caller.</param>
    void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types, ReadOnlySpan<int> lengths, Span<float> output, Span<float> hidden);
}

/// <summary>Makes the executor under test for a case.</summary>
/// <param name="conformanceCase">The case: shapes and longest sequence.</param>
/// <param name="plan">Its plan.</param>
/// <param name="weights">Its weights; shared with the reference, not to be changed.</param>
public delegate IConformanceExecutor ExecutorFactory(ConformanceCase conformanceCase, ExecutionPlan plan, ModelWeights weights);
