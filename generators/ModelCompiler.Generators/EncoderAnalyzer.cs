using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Generators.Diagnostics;
using ModelCompiler.Generators.Parser;

namespace ModelCompiler.Generators;

/// <summary>Reports each wrong declaration, by the same parser and rules that decide what is generated.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EncoderAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => SpecDescriptors.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            var files = new ConcurrentDictionary<string, ConfigFile>(StringComparer.Ordinal);
            start.RegisterSymbolAction(symbol => Analyze(symbol, files), SymbolKind.NamedType);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, ConcurrentDictionary<string, ConfigFile> files)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (EncoderParser.Parse(type, context.Compilation, context.CancellationToken) is not { } spec)
            return;
        ValidationResult result = DeclarationCheck.Check(spec with { Config = Config(spec, context, files) });
        foreach (SpecError error in result.Errors)
        {
            Location location = SpecLocator.Locate(type, error.Place, context.CancellationToken);
            context.ReportDiagnostic(Diagnostic.Create(SpecDescriptors.Of(error.Rule), location, [.. error.Arguments]));
        }
    }

    private static ConfigSource Config(EncoderSpec spec, SymbolAnalysisContext context, ConcurrentDictionary<string, ConfigFile> files)
    {
        if (spec.Encoder.ConfigPath is not { } declared)
            return ConfigSource.None;
        ImmutableArray<AdditionalText> texts = context.Options.AdditionalFiles;
        string directory = EncoderGenerator.ProjectDirectory(context.Options.AnalyzerConfigOptionsProvider.GlobalOptions);
        ConfigMatch match = ConfigPaths.Match(declared, directory, texts.Select(t => t.Path).Where(ConfigPaths.IsCandidate));
        return match.Resolve(path => files.GetOrAdd(
            path, p => ConfigFile.Read(p, texts.First(t => t.Path == p).GetText(context.CancellationToken)?.ToString())));
    }
}
