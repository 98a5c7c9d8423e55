namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about scheduled kernels, MC06xx.</summary>
public static class ScheduleRules
{
    /// <summary>MC0601.</summary>
    public static SpecRule KernelExceedsLimit { get; } = new("MC0601", "Kernel exceeds a limit of the architecture",
        "{0} cannot run '{1}': {2} may be at most {3}, found {4}",
        "Dimensions and precisions are right by themselves, but a kernel that they need does not fit the architecture.");

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } = [KernelExceedsLimit];
}
