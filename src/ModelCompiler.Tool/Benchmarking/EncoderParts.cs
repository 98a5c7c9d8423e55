using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Names of the parts that are timed, in the order in which they run.</summary>
public static class EncoderParts
{
    /// <summary>The four products of a layer.</summary>
    public static IReadOnlyList<string> Linear { get; } = ["qkv", "attention-output", "mlp-intermediate", "mlp-output"];

    /// <summary>All parts.</summary>
    public static IReadOnlyList<string> All { get; } = ["embedding", "qkv", "attention", "attention-output", "mlp-intermediate", "mlp-output", "head"];

    /// <summary>Part of an op.</summary>
    public static string Of(PlanOp op) => op switch
    {
        LinearOp linear => Linear[QuantizationScheme.Parts.ToList().IndexOf(linear.Part)],
        AttentionOp => "attention",
        EmbeddingOp => "embedding",
        PoolOp or DenseOp => "head",
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Unknown plan op."),
    };

    /// <summary>Part of the ops of a launch, such as <c>qkv+attention</c> where they are of two.</summary>
    public static string Of(ExecutionPlan plan, KernelLaunch launch) =>
        string.Join('+', new[] { launch.FirstOp, launch.Op }.Select(op => Of(plan.Ops[op])).Distinct());
}
