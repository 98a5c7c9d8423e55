using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Checks the architectures.</summary>
internal static class TargetValidation
{
    public static EquatableArray<GpuArch> Resolve(EncoderSpec spec, SpecErrorList errors)
    {
        if (spec.Targets.Count == 0)
        {
            errors.Add(TargetRules.TargetsMissing, spec.HasTargets ? SpecPlace.Target() : SpecPlace.Encoder(), spec.Type.Name);
            return default;
        }

        var targets = new List<GpuArch>();
        for (int i = 0; i < spec.Targets.Count; i++)
        {
            var arch = (GpuArch)spec.Targets[i];
            if (!Enum.IsDefined(typeof(GpuArch), arch))
                errors.Add(TargetRules.TargetUnknown, SpecPlace.Target(i), spec.Targets[i], string.Join(", ", Enum.GetNames(typeof(GpuArch))));
            else if (targets.Contains(arch))
                errors.Add(TargetRules.TargetRepeated, SpecPlace.Target(i), arch);
            else
                targets.Add(arch);
        }

        return targets.ToEquatableArray();
    }
}
