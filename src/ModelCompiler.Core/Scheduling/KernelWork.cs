using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>One way to do a work.</summary>
/// <param name="First">The kernel.</param>
/// <param name="Finish">Finishes its rows where it cannot see whole ones, else null.</param>
public record KernelCandidate(KernelPlan First, RowsKernel? Finish)
{
    /// <summary>Short and stable: what a tuning database calls it.</summary>
    public string Token => Finish is null ? First.ScheduleToken : First.ScheduleToken + "_rows";

    /// <summary>One kernel or two.</summary>
    public IEnumerable<KernelPlan> Kernels => Finish is null ? [First] : [First, Finish];
}

/// <summary>What an op asks of a kernel that there are several of: layers that ask the same share kernels, and times.</summary>
public abstract record KernelWork
{
    /// <summary>Stable name, such as <c>ws4_as4_n2304_k768_bias_f16</c>.</summary>
    public abstract string Name { get; }

    /// <summary>All ways to do it that the verifier has no objection to, without repetition; the rules' own first.</summary>
    public abstract IReadOnlyList<KernelCandidate> Candidates(GpuArch arch, int bucketTokens);

    /// <summary>The first of them, without a look at the others.</summary>
    public abstract KernelCandidate Rule(GpuArch arch, int bucketTokens);

    /// <summary>Every different work of a plan in a bucket, with the first op that has it, in the order of the plan.</summary>
    public static IReadOnlyList<(KernelWork Work, int Op)> AllOf(ExecutionPlan plan, GpuArch arch, int bucketTokens)
    {
        IReadOnlyCollection<int> packed = PackedCodes.Buffers(plan, arch, bucketTokens);
        var found = new List<(KernelWork, int)>();
        var seen = new HashSet<KernelWork>();
        for (int i = 0; i < plan.Ops.Count; i++)
        {
            if (Of(plan, plan.Ops[i], arch, packed) is { } work && seen.Add(work))
                found.Add((work, i));
        }

        return found;
    }

    /// <summary>The work of an op of a plan; null where there is one way only.</summary>
    private static KernelWork? Of(ExecutionPlan plan, PlanOp op, GpuArch arch, IReadOnlyCollection<int> packed) => op switch
    {
        LinearOp linear => GemmWork.Of(plan, linear, arch, packed),
        AttentionOp attention => new AttentionWork(attention.Heads, attention.HeadSize, EpilogueSpec.From(plan, attention, arch, packed)),
        _ => null,
    };
}
