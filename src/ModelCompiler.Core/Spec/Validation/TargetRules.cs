namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about architectures, MC05xx.</summary>
public static class TargetRules
{
    /// <summary>MC0501.</summary>
    public static SpecRule TargetsMissing { get; } = new("MC0501", "Targets are missing",
        "'{0}' declares no targets; write [Targets(GpuArch.Sm80)]",
        "Kernels are generated for the named architectures; the CPU executor needs none, but the choice is the user's.");

    /// <summary>MC0502.</summary>
    public static SpecRule TargetUnknown { get; } = new("MC0502", "Architecture is unknown",
        "{0} is not a value of GpuArch; known are {1}",
        "The compiler knows what each architecture's tensor cores, shared memory and instructions are, and has no guess for others.");

    /// <summary>MC0503.</summary>
    public static SpecRule TargetRepeated { get; } = new("MC0503", "Architecture is repeated",
        "{0} is named twice",
        "Each architecture is generated once.");

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        TargetsMissing, TargetUnknown, TargetRepeated,
    ];
}
