using System.Collections;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Generators.Emitter;
using ModelCompiler.Generators.Parser;

namespace ModelCompiler.Generators.Tests.Incremental;

/// <summary>What the generator keeps between runs: equal by value, and free of anything that keeps a compilation alive.</summary>
public sealed class ModelGraphTests
{
    private const string Source = """
        using ModelCompiler;
        partial class Outer
        {
            [Encoder("model/config.json")]
            [Quantize(Precision.W4A8, GroupSize = 64)]
            [Shapes(Tokens = [32, 128], MaxSequence = 64)]
            [Targets(GpuArch.Sm80, GpuArch.Sm89)]
            partial class Model;
        }
        """;

    private static readonly Type[] s_forbidden =
        [typeof(ISymbol), typeof(SyntaxNode), typeof(SyntaxTree), typeof(Compilation), typeof(SemanticModel), typeof(Location), typeof(AttributeData), typeof(AdditionalText)];

    private static GeneratorHost Host =>
        GeneratorHost.Of(Source).WithFile("model/config.json", Repository.Read("samples", "Supersense", "model", "config.json"));

    [Fact]
    public void No_step_holds_a_symbol_a_syntax_or_a_compilation()
    {
        GeneratorRunResult result = Host.Run();
        int walked = 0;
        foreach (string step in GeneratorSteps.All)
        {
            foreach ((object value, _) in result.TrackedSteps[step].SelectMany(run => run.Outputs))
                walked += Walk(value, step, new HashSet<object>(ReferenceEqualityComparer.Instance));
        }

        walked.ShouldBeGreaterThan(200);
    }

    [Fact]
    public void Values_of_equal_declarations_in_different_compilations_are_equal()
    {
        GeneratorRunResult first = Host.Run(), second = Host.WithEdit("using ModelCompiler;", "using ModelCompiler; // Moved.").Run();
        foreach (string step in GeneratorSteps.All)
        {
            object[] left = Values(first, step), right = Values(second, step);
            right.ShouldBe(left);
            right.Select(v => v.GetHashCode()).ShouldBe(left.Select(v => v.GetHashCode()));
        }
    }

    [Theory]
    [InlineData("partial class Model;", "partial class Other;")]
    [InlineData("GroupSize = 64", "GroupSize = 128")]
    [InlineData("[32, 128]", "[32, 256]")]
    [InlineData("GpuArch.Sm89", "GpuArch.Sm86")]
    [InlineData("partial class Outer", "partial struct Outer")]
    public void Values_of_different_declarations_differ(string before, string after)
    {
        GeneratorRunResult first = Host.Run(), second = Host.WithEdit(before, after).Run();
        Values(second, GeneratorSteps.Encoders).ShouldHaveSingleItem().ShouldNotBe(Values(first, GeneratorSteps.Encoders).ShouldHaveSingleItem());
    }

    [Fact]
    public void Parsed_declarations_say_what_the_source_says()
    {
        var spec = (EncoderSpec)Values(Host.Run(), GeneratorSteps.Declarations).ShouldHaveSingleItem();
        spec.Type.MetadataName.ShouldBe("Outer+Model");
        spec.Type.FullName.ShouldBe("Outer.Model");
        spec.Encoder.ConfigPath.ShouldBe("model/config.json");
        spec.Quantize.ShouldHaveSingleItem().ShouldBe(new((int)Precision.W4A8, GroupSize: 64));
        spec.Shapes.ShouldBe(new(new(32, 128), 64));
        spec.Targets.ShouldBe([80, 89]);
        var encoder = (EncoderClass)Values(Host.Run(), GeneratorSteps.Encoders).ShouldHaveSingleItem();
        encoder.Declaration.Model.Labels.ShouldBe(45);
    }

    [Fact]
    public void The_compilation_of_an_earlier_run_can_be_collected()
    {
        GeneratorDriver driver = RunTwice(out WeakReference earlier);
        for (int i = 0; i < 10 && earlier.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        earlier.IsAlive.ShouldBeFalse();
        GC.KeepAlive(driver);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static GeneratorDriver RunTwice(out WeakReference earlier)
    {
        CSharpCompilation compilation = Host.Compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Gone;", GeneratorHost.ParseOptions));
        earlier = new(compilation);
        return Host.CreateDriver().RunGenerators(compilation).RunGenerators(Host.Compilation);
    }

    private static object[] Values(GeneratorRunResult result, string step) =>
        [.. result.TrackedSteps[step].SelectMany(run => run.Outputs).Select(o => o.Value)];

    private static int Walk(object? value, string path, HashSet<object> seen)
    {
        if (value is null or string or ModelCompiler.Core.Spec.Validation.SpecRule || value.GetType().IsPrimitive || value.GetType().IsEnum)
            return 1;
        foreach (Type type in s_forbidden)
            type.IsInstanceOfType(value).ShouldBeFalse($"{path} holds a {value.GetType()}.");
        if (!value.GetType().IsValueType && !seen.Add(value))
            return 0;
        int count = 1;
        if (value is IEnumerable items)
        {
            foreach (object? item in items)
                count += Walk(item, path + "[]", seen);
        }

        for (Type? type = value.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                count += Walk(field.GetValue(value), $"{path}.{field.Name}", seen);
        }

        return count;
    }
}
