using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What a linear part asks of a kernel: layers that ask the same share kernels, and times.</summary>
/// <param name="Problem">The matrix product.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record GemmWork(GemmProblem Problem, EpilogueSpec Epilogue)
{
    /// <summary>Stable name, such as <c>ws4_as4_n2304_k768_bias_f16</c>.</summary>
    public string Name => $"{Problem.Precision}_n{Problem.N}_k{Problem.K}_{Epilogue.Name}";

    /// <summary>The work of a linear part of a plan.</summary>
    public static GemmWork Of(ExecutionPlan plan, LinearOp op, GpuArch arch) =>
        new(GemmProblem.For(op.N, op.K, op.Precision, arch), EpilogueSpec.From(plan, op, arch));

    /// <summary>Every different work of a plan, with the first op that has it, in the order of the plan.</summary>
    public static IReadOnlyList<(GemmWork Work, int Op)> Of(ExecutionPlan plan, GpuArch arch)
    {
        var found = new List<(GemmWork, int)>();
        var seen = new HashSet<GemmWork>();
        for (int i = 0; i < plan.Ops.Count; i++)
        {
            if (plan.Ops[i] is LinearOp op && Of(plan, op, arch) is var work && seen.Add(work))
                found.Add((work, i));
        }

        return found;
    }
}
