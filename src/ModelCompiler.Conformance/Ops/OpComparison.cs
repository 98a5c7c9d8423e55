using ModelCompiler.Core.Planning;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Ops;

/// <summary>
/// Runs every op of a case on the executor under test with the operands that the CPU executor had, so that an error is
/// seen where it is made and no code that fell to another side is carried on.
/// </summary>
internal static class OpComparison
{
    /// <summary>Compares the ops of one batch.</summary>
    /// <param name="conformanceCase">The case.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="executor">The executor under test.</param>
    /// <param name="tallies">Receives what was found.</param>
    public static void Run(ConformanceCase conformanceCase, ExecutionPlan plan, ModelWeights weights, IOpExecutor executor, OpTallies tallies)
    {
        ConformanceBatch batch = ConformanceBatch.Random(conformanceCase.Model, conformanceCase.SequenceLengths, conformanceCase.Seed);
        var held = new BufferValues[plan.Buffers.Count];
        foreach ((int op, BufferValues[] written) in Trace(plan, weights, batch).Index())
        {
            foreach (BufferValues expected in written)
                held[expected.Buffer.Id] = expected;
            (int first, int last) = executor.OpsWith(batch, op);
            if (op < last)
                continue;
            BufferValues[] found = executor.RunOp(batch, op, ReadBy(plan, first, last).Select(buffer => held[buffer]));
            foreach (BufferValues expected in written)
                tallies.Add(plan.Ops[op], found.Single(values => values.Buffer.Id == expected.Buffer.Id), expected);
        }
    }

    /// <summary>What ops read that none of them wrote.</summary>
    private static IEnumerable<int> ReadBy(ExecutionPlan plan, int first, int last) => Enumerable.Range(first, last - first + 1)
        .SelectMany(op => BufferValues.ReadBy(plan.Ops[op])).Where(buffer => plan.Buffers[buffer].FirstOp < first).Distinct();

    private static List<BufferValues[]> Trace(ExecutionPlan plan, ModelWeights weights, ConformanceBatch batch)
    {
        using CpuWeights bound = CpuWeights.Bind(plan, weights);
        using var reference = new CpuExecutor(bound, new() { TokensPerPass = batch.Ids.Length });
        var trace = new List<BufferValues[]>();
        reference.Tracer = trace.Add;
        reference.Run(batch.Ids, batch.Lengths, batch.Types, new float[reference.OutputLength(batch.Ids.Length, batch.Lengths.Length)]);
        return trace;
    }
}
