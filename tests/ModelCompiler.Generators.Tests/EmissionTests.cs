using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ModelCompiler.Generators.Tests;

public sealed class EmissionTests
{
    private const string Rest = "[Shapes(Tokens = [32, 64])]\n[Targets(GpuArch.Sm80, GpuArch.Sm90a)]";

    public static TheoryData<string> Heads => new(
        Enum.GetNames<EncoderHead>().Where(n => n != nameof(EncoderHead.FromConfig)));

    [Theory]
    [MemberData(nameof(Heads))]
    public void Code_of_every_head_compiles_without_a_warning(string head)
    {
        string labels = head.EndsWith("Classifier", StringComparison.Ordinal) ? ", Labels = 3" : "";
        GeneratorHost host = GeneratorHost.Of($$"""
            using ModelCompiler;
            namespace Space.@class;
            /// <summary>Outer.</summary>
            public partial class Outer
            {
                /// <summary>Around.</summary>
                public partial record struct @record
                {
                    [Encoder({{GeneratorHost.Dimensions.Replace("EncoderHead.None", "EncoderHead." + head)}}{{labels}})]
                    [Quantize(Precision.W4A4, Weights = Symmetry.Asymmetric, Activations = Symmetry.Asymmetric)]
                    {{Rest}}
                    public sealed partial class Model;
                }
            }
            """);
        CSharpCompilation compilation = host.Generated();
        compilation.GetDiagnostics().Where(d => d.Severity != DiagnosticSeverity.Hidden).ShouldBeEmpty();
        compilation.SyntaxTrees.Count().ShouldBe(1 + 2 + 2);
        compilation.Emit(Stream.Null).Success.ShouldBeTrue();
    }

    [Theory]
    [InlineData(LanguageVersion.CSharp12)]
    public void Code_compiles_in_the_oldest_supported_language(LanguageVersion version)
    {
        GeneratorHost host = GeneratorHost.OfClass($"[Encoder({GeneratorHost.Dimensions})]\n" +
            "[Shapes(Tokens = new[] { 64 })]\n[Targets(GpuArch.Sm80)]");
        SyntaxTree tree = host.Compilation.SyntaxTrees[0];
        var options = GeneratorHost.ParseOptions.WithLanguageVersion(version);
        CSharpCompilation compilation = host.Compilation.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(
            tree.ToString().Replace("Model;", "Model { }"), options, tree.FilePath));
        CSharpGeneratorDriver.Create([new EncoderGenerator().AsSourceGenerator()], parseOptions: options)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation output, out _);
        output.SyntaxTrees.Count().ShouldBe(4);
        output.GetDiagnostics().Where(d => d.Severity > DiagnosticSeverity.Info).ShouldBeEmpty();
    }

    [Fact]
    public void Supersense_matches_its_snapshots()
    {
        GeneratorHost host = GeneratorHost.Of("""
            using ModelCompiler;

            namespace Samples;

            [Encoder("model/config.json")]
            [Quantize(Precision.W4A4)]
            [Quantize(Precision.W8A8, Part = EncoderPart.MlpOutput)]
            [Shapes(Tokens = [32, 128, 1024], MaxSequence = 64)]
            [Targets(GpuArch.Sm80)]
            public partial class Supersense;
            """).WithFile("model/config.json", Repository.Read("samples", "Supersense", "model", "config.json"));
        Snapshot.Match("Supersense", host.Run());
    }

    [Fact]
    public void An_embedding_without_namespace_matches_its_snapshots()
    {
        GeneratorHost host = GeneratorHost.Of($$"""
            using ModelCompiler;

            partial class Search
            {
                [Encoder({{GeneratorHost.Dimensions.Replace("EncoderHead.None", "EncoderHead.MeanEmbedding")}}, NormalizeEmbedding = true)]
                [Shapes(Tokens = [64])]
                [Targets(GpuArch.Sm89)]
                internal partial class Embedder;
            }
            """);
        Snapshot.Match("Embedder", host.Run());
    }

    [Fact]
    public void Label_names_survive_any_character()
    {
        const string name = "a\\\"b\\\\c\\n\\u0000\\u2028\\ud83d\\ude00{{x}}</summary>";
        string config = Repository.Read("tests", "fixtures", "tiny-roberta", "config.json").Replace("\"0\": \"LABEL_0\"", $"\"0\": \"{name}\"");
        GeneratorHost host = GeneratorHost.OfClass("[Encoder(\"c/config.json\")]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]")
            .WithFile("c/config.json", config);
        CSharpCompilation compilation = host.Generated();
        compilation.GetDiagnostics().Where(d => d.Severity > DiagnosticSeverity.Info).ShouldBeEmpty();
        string[] literals =
        [
            .. compilation.SyntaxTrees.Last(t => t.FilePath.EndsWith("Descriptor.g.cs", StringComparison.Ordinal)).GetRoot().DescendantTokens()
                .Where(t => t.IsKind(SyntaxKind.StringLiteralToken)).Select(t => t.ValueText),
        ];
        literals.ShouldContain("a\"b\\c\n\0\u2028😀{{x}}</summary>");
    }

    [Fact]
    public void Files_have_line_feeds_only_and_end_in_one()
    {
        GeneratorRunResult result = GeneratorHost.OfClass($"[Encoder({GeneratorHost.Dimensions})]\n{Rest}").Run();
        foreach (GeneratedSourceResult file in result.GeneratedSources)
        {
            string text = file.SourceText.ToString();
            text.ShouldStartWith("// <auto-generated/>\n#nullable enable\n");
            text.ShouldNotContain("\r");
            text.ShouldEndWith("}\n");
            text.ShouldNotEndWith("\n\n");
        }
    }

    [Fact]
    public void Two_runs_in_different_cultures_give_the_same_text()
    {
        GeneratorHost host = GeneratorHost.OfClass($"[Encoder({GeneratorHost.Dimensions}, LayerNormEpsilon = 1.5e-5)]\n{Rest}");
        string[] first = [.. host.Run().GeneratedSources.Select(s => s.SourceText.ToString())];
        var comma = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        System.Globalization.CultureInfo before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = comma;
            host.Run().GeneratedSources.Select(s => s.SourceText.ToString()).ShouldBe(first);
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }

        first[1].ShouldContain("LayerNormEpsilon = 1.5E-05,");
    }
}
