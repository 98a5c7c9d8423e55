using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What a linear part asks of a kernel.</summary>
/// <param name="Problem">The matrix product.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record GemmWork(GemmProblem Problem, EpilogueSpec Epilogue) : KernelWork
{
    /// <inheritdoc/>
    public override string Name => $"{Problem.Token}_{Epilogue.Name}";

    /// <summary>The work of a linear part of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="op">The linear part.</param>
    /// <param name="arch">The architecture.</param>
    /// <param name="packed">Buffers of <see cref="PackedCodes"/>.</param>
    public static GemmWork Of(ExecutionPlan plan, LinearOp op, GpuArch arch, IReadOnlyCollection<int> packed)
    {
        GemmProblem problem = GemmProblem.For(op.N, op.K, op.Precision, arch);
        return new(packed.Contains(op.Source) ? problem.WithPackedCodes() : problem, EpilogueSpec.From(plan, op, arch, packed));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KernelCandidate> Candidates(GpuArch arch, int bucketTokens) => GemmCandidates.For(Problem, Epilogue, arch, bucketTokens);

    /// <inheritdoc/>
    public override KernelCandidate Rule(GpuArch arch, int bucketTokens) => GemmCandidates.Rule(this, arch, bucketTokens);
}
