using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Turns an execution plan into kernels, launches and memory for one architecture. A pass of its own, before any text exists.</summary>
public static class Scheduler
{
    /// <summary>Schedules every bucket. Deterministic: equal arguments give equal plans.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="shapes">Its buckets.</param>
    /// <param name="arch">Target.</param>
    /// <param name="choices">Candidates to take instead of the rules' first; one that does not exist is passed over.</param>
    public static TargetPlan Schedule(ExecutionPlan plan, ShapeSet shapes, GpuArch arch, EquatableArray<KernelChoice> choices = default)
    {
        var kernels = new List<KernelPlan>();
        var findings = new List<ScheduleFinding>();
        var seen = new HashSet<KernelPlan>();
        List<BucketPlan> buckets = [], tiled = [];
        foreach (int tokens in shapes.TokenBuckets)
        {
            IReadOnlyCollection<int> packed = PackedCodes.Buffers(plan, arch, tokens);
            EpilogueSpec[] epilogues = [.. plan.Ops.Select(op => EpilogueSpec.From(plan, op, arch, packed))];
            Add(buckets, new BucketScheduler(plan, epilogues, packed, arch, tokens, choices, fillsTiles: false).Schedule());
            BucketPlan ofTiles = new BucketScheduler(plan, epilogues, packed, arch, tokens, choices, fillsTiles: true).Schedule();
            if (ofTiles.Launches.Any(launch => launch.Kernel is QkvAttentionKernel))
                Add(tiled, ofTiles);
        }

        return new(arch, buckets.ToEquatableArray(), tiled.ToEquatableArray(), kernels.ToEquatableArray(), findings.Distinct().ToEquatableArray());

        void Add(List<BucketPlan> plans, BucketPlan bucket)
        {
            plans.Add(bucket);
            foreach (KernelPlan kernel in bucket.Launches.Select(launch => launch.Kernel).Distinct())
            {
                if (seen.Add(kernel))
                    kernels.Add(kernel);
                findings.AddRange(ScheduleVerifier.VerifyIn(bucket.Tokens, kernel));
            }
        }
    }
}
