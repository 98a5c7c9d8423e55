using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Generators.Diagnostics;
using ModelCompiler.Generators.Parser;

namespace ModelCompiler.Generators;

/// <summary>
/// Reports each wrong declaration, by the same parser and rules that decide what is generated, and each tuning database
/// that cannot be used as it is.
/// </summary>
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
        context.RegisterAdditionalFileAction(AnalyzeFile);
        context.RegisterCompilationStartAction(static start =>
        {
            var files = new ConcurrentDictionary<string, ConfigFile>(StringComparer.Ordinal);
            ImmutableArray<AdditionalText> texts = start.Options.AdditionalFiles;
            CancellationToken cancellation = start.CancellationToken;
            var tuning = new Lazy<EquatableArray<TuningFile>>(() => TuningFiles.Readable(
                texts.Where(t => TuningDatabase.IsDatabase(t.Path)).Select(t => TuningFiles.Read(t, cancellation))));
            start.RegisterSymbolAction(symbol => Analyze(symbol, files, tuning), SymbolKind.NamedType);
        });
    }

    private static void AnalyzeFile(AdditionalFileAnalysisContext context)
    {
        if (!TuningDatabase.IsDatabase(context.AdditionalFile.Path))
            return;
        (string path, TuningDatabaseResult result) = TuningFiles.Read(context.AdditionalFile, context.CancellationToken);
        if (result.OtherVersion is { } version)
        {
            Report(TuningRules.OtherVersion, default, Core.Spec.Invariant.Text(version), Core.Spec.Invariant.Text(TuningDatabase.SchemaVersion));
            return;
        }

        foreach (TuningError error in result.Errors)
            Report(TuningRules.DatabaseMalformed, new(error.Line - 1, error.Column - 1), error.JsonPath, error.Expected, error.Found);
        if (result.Database?.StaleNote is { } note)
            Report(TuningRules.KernelsChanged, default, Core.Spec.Invariant.Text(note.Stale), Core.Spec.Invariant.Text(note.All), note.Kinds);

        void Report(SpecRule rule, LinePosition place, params object[] arguments)
        {
            TextLineCollection? lines = context.AdditionalFile.GetText(context.CancellationToken)?.Lines;
            int offset = lines is not null && place.Line < lines.Count ? lines[place.Line].Start + place.Character : 0;
            var location = Location.Create(path, new TextSpan(offset, 0), new LinePositionSpan(place, place));
            context.ReportDiagnostic(Diagnostic.Create(SpecDescriptors.Of(rule), location, arguments));
        }
    }

    private static void Analyze(
        SymbolAnalysisContext context, ConcurrentDictionary<string, ConfigFile> files, Lazy<EquatableArray<TuningFile>> tuning)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (EncoderParser.Parse(type, context.Compilation, context.CancellationToken) is not { } spec)
            return;
        CheckedDeclaration result = DeclarationCheck.Check(spec with { Config = Config(spec, context, files) }, tuning.Value);
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
