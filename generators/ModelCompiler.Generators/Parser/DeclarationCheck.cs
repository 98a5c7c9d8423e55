using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Generators.Parser;

/// <summary>All rules of a declaration: those of the spec, and where they hold the limits of the kernels that it needs.</summary>
internal static class DeclarationCheck
{
    /// <summary>Validates, plans and schedules. Generator and analyzer decide by this alone.</summary>
    public static ValidationResult Check(EncoderSpec spec)
    {
        ValidationResult result = SpecValidator.Validate(spec);
        if (result.Declaration is not { } declaration)
            return result;
        ExecutionPlan plan = Planner.Plan(declaration.Model, declaration.Scheme);
        SpecError[] findings =
        [
            .. declaration.Targets.SelectMany((arch, i) =>
                Findings(arch, i, Scheduler.Schedule(plan, declaration.Shapes, arch).Findings)),
        ];
        return findings.Length == 0 ? result : new(null, result.Errors.Concat(findings).ToEquatableArray());
    }

    /// <summary>Findings of one target as errors at its place in <c>[Targets]</c>.</summary>
    internal static IEnumerable<SpecError> Findings(GpuArch arch, int index, IEnumerable<ScheduleFinding> findings) => findings.Select(f => new SpecError(
        ScheduleRules.KernelExceedsLimit,
        SpecPlace.Target(index),
        new(arch.Name(), f.Kernel, f.Limit, Core.Spec.Invariant.Text(f.Allowed), Core.Spec.Invariant.Text(f.Found))));
}
