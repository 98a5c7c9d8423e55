using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Generators.Diagnostics;

/// <summary>The compiler's rules as Roslyn descriptors.</summary>
internal static class SpecDescriptors
{
    private const string Category = "ModelCompiler";

    private static readonly ImmutableDictionary<string, DiagnosticDescriptor> s_byId =
        SpecRules.All.ToImmutableDictionary(rule => rule.Id, Create);

    /// <summary>All descriptors.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } = [.. SpecRules.All.Select(Of)];

    /// <summary>Descriptor of a rule.</summary>
    public static DiagnosticDescriptor Of(SpecRule rule) => s_byId[rule.Id];

    private static DiagnosticDescriptor Create(SpecRule rule) => new(
        rule.Id,
        rule.Title,
        rule.Message,
        Category,
        rule.Severity switch
        {
            SpecSeverity.Error => DiagnosticSeverity.Error,
            SpecSeverity.Warning => DiagnosticSeverity.Warning,
            _ => DiagnosticSeverity.Info,
        },
        isEnabledByDefault: true,
        rule.Description,
        rule.HelpLink);
}
