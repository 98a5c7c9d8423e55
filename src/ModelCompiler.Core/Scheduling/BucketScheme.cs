using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Core.Scheduling;

/// <summary>A bucket that runs in other precisions than the class declares, because that was measured to be faster.</summary>
/// <param name="Arch">Target.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Scheme">Its precisions.</param>
public sealed record BucketScheme(GpuArch Arch, int Tokens, QuantizationScheme Scheme);

/// <summary>Buckets of a target that run in one scheme; they share a plan.</summary>
/// <param name="Scheme">Precisions.</param>
/// <param name="Shapes">The buckets.</param>
public sealed record SchemeGroup(QuantizationScheme Scheme, ShapeSet Shapes)
{
    /// <summary>The different schemes of a target, in the order of their first bucket.</summary>
    /// <param name="declared">Scheme of buckets without one of their own.</param>
    /// <param name="shapes">All buckets.</param>
    /// <param name="arch">Target.</param>
    /// <param name="strategies">Buckets with a scheme of their own.</param>
    public static EquatableArray<SchemeGroup> Of(
        QuantizationScheme declared, ShapeSet shapes, GpuArch arch, EquatableArray<BucketScheme> strategies) => shapes.TokenBuckets
        .GroupBy(tokens => strategies.FirstOrDefault(s => s.Arch == arch && s.Tokens == tokens)?.Scheme ?? declared)
        .Select(group => new SchemeGroup(group.Key, shapes with { TokenBuckets = group.ToEquatableArray() }))
        .ToEquatableArray();

    /// <summary>Distinct kernels of all buckets of a target, in order of first use.</summary>
    public static IEnumerable<KernelPlan> KernelsOf(
        EncoderDeclaration declaration, GpuArch arch, EquatableArray<KernelChoice> tuned, EquatableArray<BucketScheme> strategies) =>
        Of(declaration.Scheme, declaration.Shapes, arch, strategies)
            .SelectMany(group => Scheduler.Schedule(Planner.Plan(declaration.Model, group.Scheme), group.Shapes, arch, tuned).Kernels)
            .Distinct();
}
