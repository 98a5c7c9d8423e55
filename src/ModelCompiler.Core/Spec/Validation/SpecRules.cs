namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Every rule of every area.</summary>
public static class SpecRules
{
    /// <summary>All rules by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        .. DeclarationRules.All, .. ConfigRules.All, .. DimensionRules.All, .. QuantizationRules.All, .. ShapeRules.All, .. TargetRules.All,
        .. ScheduleRules.All, .. TuningRules.All,
    ];
}
