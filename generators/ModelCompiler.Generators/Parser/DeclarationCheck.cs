using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Parser;

/// <summary>A declaration with everything that was found out about it.</summary>
/// <param name="Declaration">The declaration; null where a rule with severity error is broken.</param>
/// <param name="Tuned">Measured kernels that it takes instead of the rules' choice.</param>
/// <param name="Strategies">Buckets that run in other precisions than the declared ones.</param>
/// <param name="Errors">Broken rules, warnings and notes among them.</param>
internal sealed record CheckedDeclaration(
    EncoderDeclaration? Declaration, EquatableArray<KernelChoice> Tuned, EquatableArray<BucketScheme> Strategies, EquatableArray<SpecError> Errors);

/// <summary>All rules of a declaration: those of the spec, and where they hold the limits of the kernels that it needs.</summary>
internal static class DeclarationCheck
{
    /// <summary>Validates, plans and schedules. Generator and analyzer decide by this alone.</summary>
    /// <param name="spec">The declaration.</param>
    /// <param name="tuning">The build's tuning databases.</param>
    public static CheckedDeclaration Check(EncoderSpec spec, EquatableArray<TuningFile> tuning)
    {
        ValidationResult result = SpecValidator.Validate(spec);
        if (result.Declaration is not { } declaration)
            return new(null, default, default, result.Errors);
        TuningCheck tuned = TuningCheck.Of(declaration, tuning);
        SpecError[] findings = [.. declaration.Targets.SelectMany((arch, i) => Findings(arch, i, Verify(declaration, arch, tuned)))];
        EquatableArray<SpecError> errors = result.Errors.Concat(findings).Concat(tuned.Notes).ToEquatableArray();
        return findings.Length == 0 ? new(declaration, tuned.Kernels, tuned.Strategies, errors) : new(null, default, default, errors);
    }

    private static IEnumerable<ScheduleFinding> Verify(EncoderDeclaration declaration, GpuArch arch, TuningCheck tuned) =>
        SchemeGroup.Of(declaration.Scheme, declaration.Shapes, arch, tuned.Strategies).SelectMany(group =>
            Scheduler.Schedule(Planner.Plan(declaration.Model, group.Scheme), group.Shapes, arch, tuned.Kernels).Findings);

    /// <summary>Findings of one target as errors at its place in <c>[Targets]</c>.</summary>
    internal static IEnumerable<SpecError> Findings(GpuArch arch, int index, IEnumerable<ScheduleFinding> findings) => findings.Select(f => new SpecError(
        ScheduleRules.KernelExceedsLimit,
        SpecPlace.Target(index),
        new(arch.Name(), f.Kernel, f.Limit, Core.Spec.Invariant.Text(f.Allowed), Core.Spec.Invariant.Text(f.Found))));
}
