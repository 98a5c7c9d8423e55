using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generators.Tests.Incremental;

public sealed class IncrementalTests
{
    private const string Source = """
        using ModelCompiler;

        namespace Samples;

        // A comment.
        [Encoder("model/config.json")]
        [Quantize(Precision.W8A8, Part = EncoderPart.Qkv)]
        [Shapes(Tokens = [32, 128], MaxSequence = 64)]
        [Targets(GpuArch.Sm80, GpuArch.Sm90a)]
        public partial class Supersense
        {
            public int One() => 1;
        }
        """;

    private static readonly string s_config = Repository.Read("samples", "Supersense", "model", "config.json");

    private static GeneratorHost Host => GeneratorHost.Of(Source, "class Unrelated { int X => 1; }").WithFile("model/config.json", s_config);

    [Fact]
    public void First_run_makes_every_step()
    {
        GeneratorRunResult result = Host.Run();
        foreach (string step in GeneratorSteps.All)
            result.TrackedSteps.ShouldContainKey(step);
    }

    [Fact]
    public void Nothing_changed_leaves_every_step_cached() => Reasons(Host, Host).ShouldAllBe(r => IsKept(r.Reason));

    [Fact]
    public void An_edit_in_an_unrelated_file_leaves_every_step_cached()
    {
        GeneratorHost host = Host;
        SyntaxTree unrelated = host.Compilation.SyntaxTrees[1];
        GeneratorHost edited = host with
        {
            Compilation = host.Compilation.ReplaceSyntaxTree(unrelated, unrelated.WithChangedText(
                Microsoft.CodeAnalysis.Text.SourceText.From("class Unrelated { int X => 2; string Y => \"\"; }"))),
        };
        Reasons(host, edited).ShouldAllBe(r => IsKept(r.Reason));
    }

    [Fact]
    public void A_comment_in_the_file_of_the_class_leaves_outputs_cached() =>
        Reasons(Host, Host.WithEdit("// A comment.", "// Another\n\n// comment.")).ShouldAllBe(r => IsKept(r.Reason));

    [Fact]
    public void A_member_in_the_class_leaves_outputs_cached() =>
        Reasons(Host, Host.WithEdit("=> 1;", "=> 2; public int Two() => 2;")).ShouldAllBe(r => IsKept(r.Reason));

    [Fact]
    public void A_reformatted_configuration_leaves_outputs_cached() =>
        Reasons(Host, Host.WithFile("model/config.json", s_config.Replace("\n", "\n\n"))).ShouldAllBe(r => IsKept(r.Reason));

    [Fact]
    public void Another_json_file_leaves_outputs_cached()
    {
        (string Step, IncrementalStepRunReason Reason)[] reasons = Reasons(Host, Host.WithFile("model/tokenizer.json", "{}"));
        reasons.Where(r => r.Step is GeneratorSteps.Encoders or GeneratorSteps.Sources).ShouldAllBe(r => IsKept(r.Reason));
    }

    [Fact]
    public void A_changed_configuration_is_emitted_anew()
    {
        GeneratorHost changed = Host.WithFile("model/config.json", s_config.Replace("noun.animal", "noun.beast"));
        Reasons(Host, changed).Where(r => r.Step == GeneratorSteps.Sources).ShouldAllBe(r => r.Reason == IncrementalStepRunReason.Modified);
        changed.Run().GeneratedSources.Last(s => s.HintName.Contains("Descriptor", StringComparison.Ordinal)).SourceText.ToString()
            .ShouldContain("noun.beast");
    }

    [Fact]
    public async Task A_changed_warning_does_not_emit_anew()
    {
        // The first attribute has no effect, so a warning is all that it gives.
        GeneratorHost warned = Host.WithEdit("[Quantize(", "[Quantize(Precision.W4A4, Part = EncoderPart.Qkv)]\n[Quantize(");
        (await warned.AnalyzeAsync()).ShouldHaveSingleItem().Id.ShouldBe("MC0307");
        Reasons(Host, warned).Where(r => r.Step is GeneratorSteps.Encoders or GeneratorSteps.Sources).ShouldAllBe(r => IsKept(r.Reason));
    }

    [Fact]
    public void A_second_class_leaves_the_first_cached()
    {
        GeneratorHost host = GeneratorHost.OfClass($"[Encoder({GeneratorHost.Dimensions})]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]");
        GeneratorHost two = host with
        {
            Compilation = host.Compilation.AddSyntaxTrees(
                Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree.ParseText(host.Compilation.SyntaxTrees[0].ToString().Replace("Model;", "Second;"), GeneratorHost.ParseOptions)),
        };
        Reasons(host, two).Where(r => r.Step == GeneratorSteps.Sources).Select(r => r.Reason)
            .ShouldBe([IncrementalStepRunReason.Cached, IncrementalStepRunReason.New], ignoreOrder: true);
    }

    private static bool IsKept(IncrementalStepRunReason reason) =>
        reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged;

    /// <summary>Why each output of each step of ours is as it is in the second of two runs, the generated files among them.</summary>
    private static (string Step, IncrementalStepRunReason Reason)[] Reasons(GeneratorHost first, GeneratorHost second)
    {
        (GeneratorDriver driver, _) = first.Run(first.CreateDriver());
        // The host hands over the same AdditionalFile where the text is the same.
        second = second with { Files = [.. second.Files.Select(f => first.Files.FirstOrDefault(o => o.Path == f.Path && o.GetText()!.ContentEquals(f.GetText()!)) ?? f)] };
        GeneratorRunResult result = second.Run(driver).Result;
        (string, IncrementalStepRunReason)[] reasons =
        [
            .. GeneratorSteps.All.Where(result.TrackedSteps.ContainsKey).SelectMany(step => result.TrackedSteps[step].SelectMany(run => run.Outputs).Select(o => (step, o.Reason))),
            .. result.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(run => run.Outputs).Select(o => ("Output", o.Reason)),
        ];
        reasons.Count(r => r.Item1 == "Output").ShouldBeGreaterThan(0);
        return reasons;
    }
}
