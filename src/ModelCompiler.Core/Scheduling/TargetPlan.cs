namespace ModelCompiler.Core.Scheduling;

/// <summary>What one bucket runs on one architecture: the nodes of its graph, and its memory.</summary>
/// <param name="Tokens">Bucket size.</param>
/// <param name="Launches">Kernels in order.</param>
/// <param name="Buffers">Plan buffers by id, then scratch.</param>
/// <param name="Arena">Their places.</param>
/// <param name="RendezvousBytes">Memory that must be zero when the graph starts, in which blocks of one kernel meet.</param>
public sealed record BucketPlan(
    int Tokens, EquatableArray<KernelLaunch> Launches, EquatableArray<DeviceBuffer> Buffers, Arena Arena, int RendezvousBytes);

/// <summary>A plan scheduled for one architecture.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Buckets">One per token bucket, rising.</param>
/// <param name="TiledBuckets">
/// The same for batches whose sequences fill tiles of <see cref="QkvAttentionTile.Tokens"/> tokens; none where a bucket has no
/// faster way to do these.
/// </param>
/// <param name="Kernels">Distinct kernels of all buckets in order of first use.</param>
/// <param name="Findings">What the verifier objects to; empty for a plan that can run.</param>
public sealed record TargetPlan(
    GpuArch Arch, EquatableArray<BucketPlan> Buckets, EquatableArray<BucketPlan> TiledBuckets, EquatableArray<KernelPlan> Kernels,
    EquatableArray<ScheduleFinding> Findings)
{
    /// <summary>All that may run.</summary>
    public IEnumerable<BucketPlan> AllBuckets => Buckets.Concat(TiledBuckets);
}

/// <summary>A limit of the architecture that a kernel plan breaks.</summary>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Limit">What is limited, such as 'shared memory bytes'.</param>
/// <param name="Allowed">Allowed value.</param>
/// <param name="Found">Value of the plan.</param>
public sealed record ScheduleFinding(string Kernel, string Limit, long Allowed, long Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kernel}: {Limit}: expected at most {Allowed}, found {Found}";
}
