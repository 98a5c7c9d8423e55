using System.Globalization;
using ModelCompiler.Conformance.Ops;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Holds what a candidate wrote against what the rules' candidate wrote, to the bounds of docs/numerics.md.</summary>
internal static class ResultAgreement
{
    /// <summary>Compares all buffers of an op.</summary>
    /// <param name="memory">Where they were.</param>
    /// <param name="job">The candidate.</param>
    /// <param name="bucket">Its schedule.</param>
    /// <param name="found">Bytes by buffer.</param>
    /// <param name="expected">Bytes by buffer of the rules' candidate.</param>
    /// <returns>What does not agree, or null.</returns>
    public static string? Disagreement(
        WorkMemory memory, TuningJob job, BucketPlan bucket, Dictionary<int, byte[]> found, Dictionary<int, byte[]> expected)
    {
        ExecutionPlan plan = job.Subject.Plan;
        foreach ((int id, byte[] bytes) in found)
        {
            if (bytes.AsSpan().SequenceEqual(expected[id]))
                continue;
            PlanBuffer buffer = plan.Buffers[id];
            BufferValues reference = memory.Codec(bucket, id).Decode(buffer, memory.Tokens, expected[id]);
            var tally = new OpTally(OpKind.Of(plan.Ops[job.Op], reference));
            tally.Add(memory.Codec(bucket, id).Decode(buffer, memory.Tokens, bytes), reference);
            if (!tally.Passed)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{buffer.Name}: {tally.Different} of {tally.Elements} elements differ from the rules' candidate, {tally.Wrong} of them by more than a tie, relative error {tally.Error:0.0e-0}");
            }
        }

        return null;
    }
}
