using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tuning;

/// <summary>What a database says about the kernels of a plan.</summary>
/// <param name="Choices">Candidates that it prefers to those of the rules.</param>
/// <param name="Unknown">Choices that it makes and the compiler does not have; the rules decide there.</param>
public sealed record TunedKernels(EquatableArray<KernelChoice> Choices, EquatableArray<KernelChoice> Unknown)
{
    /// <summary>The rules decide everywhere.</summary>
    public static TunedKernels None { get; } = new(default, default);

    /// <summary>Looks up every work of a plan at every bucket.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="shapes">Its buckets.</param>
    /// <param name="arch">Target that the database was measured on.</param>
    /// <param name="database">The times.</param>
    public static TunedKernels Choose(ExecutionPlan plan, ShapeSet shapes, GpuArch arch, TuningDatabase database)
    {
        List<KernelChoice> choices = [], unknown = [];
        foreach (int tokens in shapes.TokenBuckets)
        {
            TuningEncoder? measured = database.Encoder(plan.Model, plan.Scheme, tokens);
            foreach ((KernelWork work, int op) in KernelWork.AllOf(plan, arch, tokens))
            {
                bool borrows = measured is null || (measured.FusesAttention && IsAroundAttention(plan, op));
                if (database.Find(work.Name, tokens, borrows) is not { } entry)
                    continue;
                IReadOnlyList<KernelCandidate> candidates = work.Candidates(arch, tokens);
                var choice = new KernelChoice(arch, tokens, work.Name, entry.Candidate);
                if (!candidates.Any(c => c.Token == entry.Candidate))
                    unknown.Add(choice);
                else if (candidates[0].Token != entry.Candidate)
                    choices.Add(choice);
            }
        }

        return new(choices.ToEquatableArray(), unknown.ToEquatableArray());
    }

    /// <summary>True for the attention and the projection ahead of it.</summary>
    private static bool IsAroundAttention(ExecutionPlan plan, int op) =>
        plan.Ops[op] is AttentionOp || (op + 1 < plan.Ops.Count && plan.Ops[op + 1] is AttentionOp);
}
