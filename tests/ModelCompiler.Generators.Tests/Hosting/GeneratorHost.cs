using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace ModelCompiler.Generators.Tests.Hosting;

/// <summary>A compilation with its AdditionalFiles, on which the generator and the analyzer are run as the compiler does.</summary>
internal sealed record GeneratorHost
{
    public const string ProjectDirectory = "/project/";

    /// <summary>A whole valid declaration with every dimension spelled out, in a hundred places of these tests.</summary>
    public const string Dimensions =
        "Family = EncoderFamily.Bert, Head = EncoderHead.None, HiddenSize = 128, Layers = 2, AttentionHeads = 4, " +
        "IntermediateSize = 512, VocabularySize = 1000, MaxPositions = 64";

    public static CSharpParseOptions ParseOptions { get; } =
        new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    public required CSharpCompilation Compilation { get; init; }

    public ImmutableArray<AdditionalText> Files { get; init; } = [];

    public static GeneratorHost Of(params string[] sources) => new()
    {
        Compilation = CSharpCompilation.Create(
            "Project",
            sources.Select((text, i) => CSharpSyntaxTree.ParseText(text, ParseOptions, $"{ProjectDirectory}File{i}.cs")),
            HostReferences.All,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)),
    };

    /// <summary>A class with an attribute list, a bucket of 64 tokens and one target.</summary>
    public static GeneratorHost OfClass(string attributes) =>
        Of($"using ModelCompiler;\n\n{attributes}\npublic partial class Model;\n");

    public GeneratorHost WithFile(string path, string? text) => this with
    {
        Files = Files.RemoveAll(f => f.Path == ProjectDirectory + path).Add(new HostText(ProjectDirectory + path, text)),
    };

    /// <summary>Replaces the first occurrence of a text in the first source file.</summary>
    public GeneratorHost WithEdit(string before, string after)
    {
        SyntaxTree tree = Compilation.SyntaxTrees[0];
        string text = tree.ToString();
        text.ShouldContain(before);
        int at = text.IndexOf(before, StringComparison.Ordinal);
        SyntaxTree edited = tree.WithChangedText(
            tree.GetText().Replace(at, before.Length, after));
        return this with { Compilation = Compilation.ReplaceSyntaxTree(tree, edited) };
    }

    public GeneratorDriver CreateDriver() => CSharpGeneratorDriver.Create(
        [new EncoderGenerator().AsSourceGenerator()],
        Files,
        ParseOptions,
        new HostOptions(ProjectDirectory),
        new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public GeneratorRunResult Run() => Run(CreateDriver()).Result;

    public (GeneratorDriver Driver, GeneratorRunResult Result) Run(GeneratorDriver driver)
    {
        driver = driver.ReplaceAdditionalTexts(Files).RunGenerators(Compilation);
        GeneratorRunResult result = driver.GetRunResult().Results.Single();
        result.Exception.ShouldBeNull();
        result.Diagnostics.ShouldBeEmpty();
        return (driver, result);
    }

    /// <summary>The compilation with the generated files in it.</summary>
    public CSharpCompilation Generated()
    {
        CreateDriver().RunGeneratorsAndUpdateCompilation(Compilation, out Compilation output, out ImmutableArray<Diagnostic> diagnostics);
        diagnostics.ShouldBeEmpty();
        return (CSharpCompilation)output;
    }

    /// <summary>What the analyzer reports, in source order.</summary>
    public async Task<ImmutableArray<Diagnostic>> AnalyzeAsync()
    {
        var options = new AnalyzerOptions(Files, new HostOptions(ProjectDirectory));
        Exception? thrown = null;
        CompilationWithAnalyzers analysis = Compilation.WithAnalyzers(
            [new EncoderAnalyzer()],
            new CompilationWithAnalyzersOptions(options, (e, _, _) => thrown = e, concurrentAnalysis: false, logAnalyzerExecutionTime: false));
        ImmutableArray<Diagnostic> diagnostics = await analysis.GetAnalyzerDiagnosticsAsync();
        thrown.ShouldBeNull();
        return [.. diagnostics.OrderBy(d => d.Location.SourceSpan.Start).ThenBy(d => d.Id)];
    }
}
