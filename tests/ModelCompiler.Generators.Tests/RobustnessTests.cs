using Microsoft.CodeAnalysis;
using FsCheck.Xunit;

namespace ModelCompiler.Generators.Tests;

/// <summary>The generator and the analyzer on code that is being typed, is wrong, or is odd.</summary>
public sealed class RobustnessTests
{
    private const string Source = """
        using ModelCompiler;
        namespace A.B;
        partial class Outer
        {
            [Encoder("model/config.json", Head = EncoderHead.MeanEmbedding, HiddenSize = 128)]
            [Quantize(Precision.W4A4, Part = EncoderPart.Qkv | EncoderPart.MlpOutput)]
            [Shapes(Tokens = [32, 128], MaxSequence = 64)]
            [Targets(GpuArch.Sm80, GpuArch.Sm90a)]
            public partial class Model { }
        }
        """;

    [Theory]
    [InlineData("[Encoder(] partial class M;")]
    [InlineData("[Encoder(1)] partial class M;")]
    [InlineData("[Encoder(null)] partial class M;")]
    [InlineData("[Encoder(HiddenSize = )] partial class M;")]
    [InlineData("[Encoder(HiddenSize = Missing)] partial class M;")]
    [InlineData("[Encoder(HiddenSize = \"128\")] partial class M;")]
    [InlineData("[Encoder, Encoder] partial class M;")]
    [InlineData("[Encoder] partial class M; [Encoder] partial class M;")]
    [InlineData("[Encoder] [Quantize] partial class M;")]
    [InlineData("[Encoder] [Quantize(Precision.Missing)] partial class M;")]
    [InlineData("[Encoder] [Shapes(Tokens = null)] [Targets(null)] partial class M;")]
    [InlineData("[Encoder] [Shapes(Tokens = [1, x])] [Targets(GpuArch.Sm80, )] partial class M;")]
    [InlineData("[Encoder] partial class")]
    [InlineData("[Encoder] enum E;")]
    [InlineData("[Encoder] partial interface I;")]
    [InlineData("[Encoder] delegate void D();")]
    [InlineData("class C { [Encoder] void M() { [Encoder] void L() { } } }")]
    [InlineData("[assembly: Encoder]")]
    [InlineData("namespace ModelCompiler; [Encoder] partial class EncoderAttribute;")]
    public async Task Broken_code_throws_nothing_and_generates_nothing(string code)
    {
        GeneratorHost host = GeneratorHost.Of("using ModelCompiler;\n" + code);
        host.Run().GeneratedSources.ShouldBeEmpty();
        await host.AnalyzeAsync();
    }

    [Fact]
    public async Task Every_prefix_of_a_declaration_is_survived()
    {
        string config = Repository.Read("tests", "fixtures", "tiny-bert", "config.json");
        GeneratorHost whole = GeneratorHost.Of(Source).WithFile("model/config.json", config);
        whole.Run().GeneratedSources.Length.ShouldBe(4);
        for (int length = 0; length < Source.Length; length += 3)
        {
            GeneratorHost host = GeneratorHost.Of(Source[..length]).WithFile("model/config.json", config);
            host.Run();
            if (length % 30 == 0)
                await host.AnalyzeAsync();
        }
    }

    [Property(MaxTest = 200)]
    public bool Any_numbers_are_survived(int hidden, int layers, int heads, int intermediate, int vocabulary, int positions, int bucket, int longest)
    {
        GeneratorHost host = GeneratorHost.OfClass(
            $"[Encoder(Family = (EncoderFamily)({layers % 5}), Head = (EncoderHead)({heads % 8}), HiddenSize = {hidden * 32}, Layers = {layers}, " +
            $"AttentionHeads = {heads}, IntermediateSize = {intermediate * 32}, VocabularySize = {vocabulary}, MaxPositions = {positions}, Labels = {heads})]\n" +
            $"[Quantize((Precision)({bucket % 6}), GroupSize = {bucket % 3 * 64})]\n[Shapes(Tokens = [{bucket}, {longest}], MaxSequence = {longest})]\n[Targets(GpuArch.Sm80)]");
        return host.Run().GeneratedSources.Length is 0 or 3;
    }

    [Fact]
    public void Types_that_differ_in_case_alone_get_files_of_their_own()
    {
        const string attributes = $"[Encoder({GeneratorHost.Dimensions})] [Shapes(Tokens = [64])] [Targets(GpuArch.Sm80)] ";
        GeneratorHost host = GeneratorHost.Of(
            "using ModelCompiler;\n" + attributes + "public partial class Model;\n" + attributes + "public partial class model;\n" +
            "namespace Model2 {" + attributes + "public partial class Inner; }\n" +
            "public partial class Outer {" + attributes + "public partial class Inner; }\n" +
            "namespace Outer2 {" + attributes + "public partial class @class; }\n");
        string[] names = [.. host.Run().GeneratedSources.Select(s => s.HintName)];
        names.Length.ShouldBe(15);
        names.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(15);
        names.ShouldContain("Model2.Inner.g.cs");
        names.ShouldContain("Outer+Inner.g.cs");
        names.ShouldContain("Outer2.class.g.cs");
        names.Count(n => n.StartsWith("Model-", StringComparison.Ordinal)).ShouldBe(3);
        host.Generated().GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
    }

    [Fact]
    public void The_order_of_files_and_classes_does_not_change_what_is_generated()
    {
        const string attributes = $"[Encoder({GeneratorHost.Dimensions})] [Shapes(Tokens = [64])] [Targets(GpuArch.Sm80)] ";
        string[] sources = [.. "CAB".Select(c => $"using ModelCompiler;\n{attributes}public partial class {c};")];
        Dictionary<string, string> Files(IEnumerable<string> order) =>
            GeneratorHost.Of([.. order]).Run().GeneratedSources.ToDictionary(s => s.HintName, s => s.SourceText.ToString());
        Dictionary<string, string> forward = Files(sources), backward = Files(sources.Reverse());
        forward.Count.ShouldBe(9);
        backward.OrderBy(f => f.Key, StringComparer.Ordinal).ShouldBe(forward.OrderBy(f => f.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Attributes_may_be_spread_over_the_parts_of_a_class()
    {
        GeneratorHost host = GeneratorHost.Of(
            $"using ModelCompiler;\n[Encoder({GeneratorHost.Dimensions})]\npublic partial class Model;",
            "using ModelCompiler;\n[Shapes(Tokens = [64])]\npartial class Model;",
            "using ModelCompiler;\n[Targets(GpuArch.Sm80)]\npartial class Model;");
        host.Run().GeneratedSources.Length.ShouldBe(3);
    }
}
