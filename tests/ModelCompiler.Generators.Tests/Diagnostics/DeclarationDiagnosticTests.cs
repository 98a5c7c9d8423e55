using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ModelCompiler.Generators.Tests.Diagnostics;

public sealed class DeclarationDiagnosticTests
{
    private const string Attributes = $"[Encoder({GeneratorHost.Dimensions})]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]\n";

    private static readonly DiagnosticCase[] s_cases =
    [
        new("MC0001", "'Model' has [Encoder] but is not partial; write 'partial class Model'", Attributes + "public class {|Model|};"),
        new("MC0002", "'Model' is nested in 'Outer', which is not partial",
            "public class Outer {\n" + Attributes + "public partial class {|Model|};\n}"),
        new("MC0003", "'Model' is generic or nested in the generic type 'Model'; an encoder class has no type parameters",
            Attributes + "public partial class {|Model|}<T>;"),
        new("MC0003", "'Model' is generic or nested in the generic type 'Outer'; an encoder class has no type parameters",
            "public partial class Outer<T> {\n" + Attributes + "public partial class {|Model|};\n}"),
        new("MC0004", "'Model' is a static class; [Encoder] needs a class that is neither static, abstract, file-local nor a record",
            Attributes + "public static partial class {|Model|};"),
        new("MC0004", "'Model' is an abstract class; [Encoder] needs a class that is neither static, abstract, file-local nor a record",
            Attributes + "public abstract partial class {|Model|};"),
        new("MC0004", "'Model' is a record; [Encoder] needs a class that is neither static, abstract, file-local nor a record",
            Attributes + "public partial record {|Model|};"),
        new("MC0004", "'Model' is a struct; [Encoder] needs a class that is neither static, abstract, file-local nor a record",
            Attributes + "public partial struct {|Model|};"),
        new("MC0004", "'Model' is a file-local class; [Encoder] needs a class that is neither static, abstract, file-local nor a record",
            Attributes + "file partial class {|Model|};"),
        new("MC0005", "'Model' has a primary constructor; remove its parameter list", Attributes + "public partial class {|Model|}(int size) { int Size => size; }"),
    ];

    public static TheoryData<int> Cases => new(Enumerable.Range(0, s_cases.Length));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Wrong_type_is_reported(int index) => s_cases[index].CheckAsync();

    [Fact]
    public async Task Missing_runtime_is_reported()
    {
        GeneratorHost host = GeneratorHost.Of("using ModelCompiler;\n" + Attributes + "public partial class Model;");
        host = host with { Compilation = host.Compilation.RemoveReferences(HostReferences.Runtime) };
        Diagnostic diagnostic = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        diagnostic.Id.ShouldBe("MC0006");
        diagnostic.GetMessage().ShouldBe("'Model' needs the assembly ModelCompiler.Runtime, which this project does not reference");
        host.Run().GeneratedSources.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(LanguageVersion.CSharp11, "11")]
    [InlineData(LanguageVersion.CSharp7_3, "7.3")]
    [InlineData(LanguageVersion.CSharp6, "6")]
    public async Task Old_language_is_reported(LanguageVersion version, string found)
    {
        GeneratorHost host = GeneratorHost.Of("using ModelCompiler;\n" + Attributes.Replace("[64]", "new[] { 64 }") + "public partial class Model { }");
        SyntaxTree tree = host.Compilation.SyntaxTrees[0];
        host = host with
        {
            Compilation = host.Compilation.ReplaceSyntaxTree(
                tree, CSharpSyntaxTree.ParseText(tree.ToString(), GeneratorHost.ParseOptions.WithLanguageVersion(version), tree.FilePath)),
        };
        Diagnostic diagnostic = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        diagnostic.Id.ShouldBe("MC0007");
        diagnostic.GetMessage().ShouldBe($"'Model' needs C# 12 or later, found C# {found}; set LangVersion");
    }
}
