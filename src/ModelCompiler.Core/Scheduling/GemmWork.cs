using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Scheduling;

/// <summary>What a linear part asks of a kernel.</summary>
/// <param name="Problem">The matrix product.</param>
/// <param name="Epilogue">Fused steps.</param>
public sealed record GemmWork(GemmProblem Problem, EpilogueSpec Epilogue) : KernelWork
{
    /// <inheritdoc/>
    public override string Name => $"{Problem.Precision}_n{Problem.N}_k{Problem.K}_{Epilogue.Name}";

    /// <summary>The work of a linear part of a plan.</summary>
    public static GemmWork Of(ExecutionPlan plan, LinearOp op, GpuArch arch) =>
        new(GemmProblem.For(op.N, op.K, op.Precision, arch), EpilogueSpec.From(plan, op, arch));

    /// <inheritdoc/>
    public override IReadOnlyList<KernelCandidate> Candidates(GpuArch arch, int bucketTokens) => GemmCandidates.For(Problem, Epilogue, arch, bucketTokens);

    /// <inheritdoc/>
    public override KernelCandidate Rule(GpuArch arch, int bucketTokens) => GemmCandidates.Rule(this, arch, bucketTokens);
}
