using System.Diagnostics;
using ModelCompiler.Conformance.Ops;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime;

namespace ModelCompiler.Conformance;

/// <summary>Runs cases on an executor and on the CPU executor, which is the reference, and compares.</summary>
public static class ConformanceRunner
{
    /// <summary>Runs cases one after the other. A case whose executor throws has failed; the others run.</summary>
    /// <param name="cases">What to run.</param>
    /// <param name="factory">Makes the executor under test; disposed after each case.</param>
    /// <param name="progress">Receives each result as it comes.</param>
    /// <param name="cancellation">Ends the run between two cases.</param>
    public static ConformanceReport Run(
        IReadOnlyList<ConformanceCase> cases, ExecutorFactory factory, IProgress<ConformanceResult>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cases);
        ArgumentNullException.ThrowIfNull(factory);
        var results = new List<ConformanceResult>();
        var ops = new OpTallies();
        string executor = "no executor";
        foreach (ConformanceCase next in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            ConformanceResult result = Run(next, factory, ops, ref executor);
            results.Add(result);
            progress?.Report(result);
        }

        return new(executor, results, ops.Results());
    }

    private static ConformanceResult Run(ConformanceCase next, ExecutorFactory factory, OpTallies ops, ref string name)
    {
        var watch = Stopwatch.StartNew();
        ExecutionPlan plan = Planner.Plan(next.Model, next.Scheme);
        ModelWeights weights = RandomModelWeights.Create(next, plan);
        using var reference = new CpuConformanceExecutor(plan, weights);
        var comparison = new CaseComparison(next, reference);
        try
        {
            using IConformanceExecutor executor = factory(next, plan, weights);
            name = executor.Name;
            comparison.Run(executor);
            if (executor is IOpExecutor byOp)
                OpComparison.Run(next, plan, weights, byOp, ops);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            comparison.Failures.Add($"{exception.GetType().Name}: {exception.Message}");
        }

        return comparison.Result(watch.Elapsed.TotalMilliseconds);
    }
}
