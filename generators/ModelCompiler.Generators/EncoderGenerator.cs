using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Generators.Emitter;
using ModelCompiler.Generators.Parser;

namespace ModelCompiler.Generators;

/// <summary>
/// Writes the other part of every class with <c>[Encoder]</c>. Emits nothing for a wrong declaration: what is wrong is
/// reported by <see cref="EncoderAnalyzer"/>, so that a changed diagnostic never re-emits code.
/// </summary>
/// <remarks>Every value between two steps is equal by value and holds no symbol, syntax or compilation.</remarks>
[Generator(LanguageNames.CSharp)]
public sealed class EncoderGenerator : IIncrementalGenerator
{
    /// <summary>Build property with the project's directory.</summary>
    internal const string ProjectDirectoryOption = "build_property.ProjectDir";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<EncoderSpec> declarations = context.SyntaxProvider
            .ForAttributeWithMetadataName(EncoderParser.EncoderAttributeName, static (node, _) => node is TypeDeclarationSyntax, Parse)
            .Where(static spec => spec is not null)
            .Select(static (spec, _) => spec!)
            .WithTrackingName(GeneratorSteps.Declarations);

        IncrementalValueProvider<EquatableArray<ConfigMatch>> matches = Matches(context, declarations);
        IncrementalValuesProvider<ConfigFile> configs = context.AdditionalTextsProvider
            .Combine(matches)
            .Where(static pair => pair.Right.Any(m => m.Paths.Contains(pair.Left.Path)))
            .Select(static (pair, cancellation) => ConfigFile.Read(pair.Left.Path, pair.Left.GetText(cancellation)?.ToString()))
            .WithTrackingName(GeneratorSteps.Configs);

        IncrementalValuesProvider<EncoderClass> encoders = declarations
            .Combine(matches)
            .Combine(configs.Collect())
            .Combine(Tuning(context))
            .Select(static (input, _) => Validate(input.Left.Left.Left, input.Left.Left.Right, input.Left.Right, input.Right))
            .Where(static encoder => encoder is not null)
            .Select(static (encoder, _) => encoder!)
            .WithTrackingName(GeneratorSteps.Encoders);

        IncrementalValueProvider<EquatableArray<string>> collisions = encoders
            .Select(static (encoder, _) => encoder.Type.MetadataName)
            .Collect()
            .Select(static (names, _) => HintNames.CaseCollisions(names))
            .WithTrackingName(GeneratorSteps.CaseCollisions);

        IncrementalValuesProvider<EquatableArray<GeneratedFile>> sources = encoders
            .Combine(collisions)
            .Select(static (pair, cancellation) => ClassEmitter.Emit(pair.Left, HintNames.Of(pair.Left.Type, pair.Right), cancellation))
            .WithTrackingName(GeneratorSteps.Sources);

        context.RegisterSourceOutput(sources, static (output, files) =>
        {
            foreach (GeneratedFile file in files)
                output.AddSource(file.HintName, file.Text);
        });
    }

    private static IncrementalValueProvider<EquatableArray<ConfigMatch>> Matches(
        IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<EncoderSpec> declarations)
    {
        IncrementalValueProvider<EquatableArray<string>> declared = declarations
            .Select(static (spec, _) => spec.Encoder.ConfigPath)
            .Collect()
            .Select(static (paths, _) => paths.OfType<string>().Distinct().OrderBy(p => p, StringComparer.Ordinal).ToEquatableArray())
            .WithTrackingName(GeneratorSteps.ConfigPaths);
        IncrementalValueProvider<string> directory = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => ProjectDirectory(options.GlobalOptions))
            .WithTrackingName(GeneratorSteps.ProjectDirectory);
        IncrementalValueProvider<EquatableArray<string>> files = context.AdditionalTextsProvider
            .Select(static (text, _) => text.Path)
            .Where(ConfigPaths.IsCandidate)
            .Collect()
            .Select(static (paths, _) => paths.ToEquatableArray())
            .WithTrackingName(GeneratorSteps.JsonFiles);
        return declared.Combine(directory).Combine(files)
            .Select(static (input, _) => input.Left.Left.Select(d => ConfigPaths.Match(d, input.Left.Right, input.Right)).ToEquatableArray())
            .WithTrackingName(GeneratorSteps.ConfigMatches);
    }

    private static IncrementalValueProvider<EquatableArray<TuningFile>> Tuning(IncrementalGeneratorInitializationContext context) =>
        context.AdditionalTextsProvider
            .Where(static text => TuningDatabase.IsDatabase(text.Path))
            .Select(static (text, cancellation) => TuningFiles.Read(text, cancellation))
            .Collect()
            .Select(static (files, _) => TuningFiles.Readable(files))
            .WithTrackingName(GeneratorSteps.TuningFiles);

    /// <summary>The project's directory, or nothing where the build does not say.</summary>
    internal static string ProjectDirectory(AnalyzerConfigOptions options) =>
        options.TryGetValue(ProjectDirectoryOption, out string? directory) ? directory : "";

    /// <summary>The declaration at an attribute; null at a second attribute on the same type, which C# refuses.</summary>
    private static EncoderSpec? Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        if (context.TargetSymbol is not INamedTypeSymbol type)
            return null;
        AttributeData? first = type.GetAttributes().FirstOrDefault(
            a => a.AttributeClass?.Name == nameof(EncoderAttribute) && EncoderParser.IsOurs(a));
        bool isHere = first?.ApplicationSyntaxReference is { } reference
            && reference.SyntaxTree == context.TargetNode.SyntaxTree
            && context.TargetNode.Span.Contains(reference.Span);
        return isHere ? EncoderParser.Parse(type, context.SemanticModel.Compilation, cancellation) : null;
    }

    private static EncoderClass? Validate(
        EncoderSpec spec, EquatableArray<ConfigMatch> matches, ImmutableArray<ConfigFile> files, EquatableArray<TuningFile> tuning)
    {
        ConfigMatch? match = matches.FirstOrDefault(m => m.Declared == spec.Encoder.ConfigPath);
        ConfigSource config = match?.Resolve(path => files.FirstOrDefault(f => f.Path == path)) ?? ConfigSource.None;
        CheckedDeclaration result = DeclarationCheck.Check(spec with { Config = config }, tuning);
        return result.Declaration is { } declaration ? new(spec.Type, declaration, result.Tuned, result.Strategies) : null;
    }
}
