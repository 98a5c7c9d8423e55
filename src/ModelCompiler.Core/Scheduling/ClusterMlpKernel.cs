namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Both products of an MLP for few tokens on Hopper: what is between them never leaves the cluster that computes it
/// (mc/hopper/cluster_mlp.cuh).
/// </summary>
/// <param name="Arch">Target.</param>
/// <param name="In">The first product.</param>
/// <param name="InTile">How a block divides its part of it.</param>
/// <param name="Middle">Steps between the products; the last one quantizes.</param>
/// <param name="Out">The second product.</param>
/// <param name="OutTile">How the cluster divides it.</param>
/// <param name="Epilogue">Steps behind it.</param>
public sealed record ClusterMlpKernel(
    GpuArch Arch, GemmProblem In, ResidentTile InTile, EpilogueSpec Middle, GemmProblem Out, SplitTile OutTile, EpilogueSpec Epilogue)
    : KernelPlan(Arch, Epilogue)
{
    /// <summary>Order in which both weights are read.</summary>
    public static WeightOrder WeightOrder => WeightOrder.Fragments;

    /// <inheritdoc/>
    public override int Threads => OutTile.Threads;

    /// <inheritdoc/>
    public override int SharedBytes => SplitSharedMemory.Bytes(this);

    /// <inheritdoc/>
    public override int ClusterSize => OutTile.Ranks;

    /// <inheritdoc/>
    public override (int X, int Y) Grid(int bucketTokens) => (OutTile.Ranks, CeilDiv(bucketTokens, OutTile.M));

    /// <inheritdoc/>
    protected override string Subject => $"mlp_{In.Precision}_n{In.N}_k{In.K}_{Middle.Name}_{Out.Precision}_n{Out.N}";

    /// <inheritdoc/>
    protected override string Variant => $"_cluster_{InTile}_{OutTile}";
}
