using Microsoft.CodeAnalysis;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Tests.Tuning;

public sealed class TunedGenerationTests
{
    private static GeneratorHost Tuned(string json) => TuningHost.Host.WithFile("h100.tuning.json", json);

    [Fact]
    public void A_database_changes_the_generated_tiles()
    {
        string ruled = Text(TuningHost.Host, "Kernels"), tuned = Text(Tuned(TuningHost.Database(TuningHost.Other).ToJson()), "Kernels");
        string kernel = "gemm_ws4_as4_n384_k128_bias_f16_";
        ruled.ShouldContain(kernel + TuningHost.Candidates[0]);
        ruled.ShouldNotContain(kernel + TuningHost.Other);
        tuned.ShouldContain(kernel + TuningHost.Other);
        tuned.ShouldNotContain(kernel + TuningHost.Candidates[0]);
    }

    [Fact]
    public void The_choices_stand_in_the_descriptor()
    {
        GeneratorHost host = Tuned(TuningHost.Database("resident_m32n48_w3x2_p1").ToJson());
        host.Generated().GetDiagnostics().Where(d => d.Severity > DiagnosticSeverity.Info && d.Id != "CS1591").ShouldBeEmpty();
        Snapshot.Match("Tuned", host.Run());
    }

    [Fact]
    public void Strategies_are_taken_where_the_class_asks_for_them()
    {
        var faster = new TuningStrategy(
            "h128_i512_a4_l2", new("ws4_as4", "ws4_as4", "ws4_as4", "ws4_as4"), TuningHost.Tokens, new("ws4_as4", "wf16_af16", "ws4_as4", "ws8_as8"), 80, 100) { Kernels = TuningHost.Kernels };
        GeneratorHost declared = Tuned((TuningHost.Database(TuningHost.Candidates[0]) with { Strategies = new(faster) }).ToJson());
        GeneratorHost asking = declared.WithEdit("[Quantize", "[Strategy]\n[Quantize");
        Text(declared, "Descriptor").ShouldNotContain("Strategies");
        Text(declared, "Kernels").ShouldNotContain("gemm_wf16_af16_n128_k128");
        Text(asking, "Kernels").ShouldContain("gemm_wf16_af16_n128_k128");
        asking.Generated().GetDiagnostics().Where(d => d.Severity > DiagnosticSeverity.Info && d.Id != "CS1591").ShouldBeEmpty();
        Snapshot.Match("Strategy", asking.Run());
        // Every kernel once, although two schemes share some.
        string[] names = [.. System.Text.RegularExpressions.Regex.Matches(Text(asking, "Kernels"), "new\\(\"([a-z0-9_]+)\"").Select(m => m.Groups[1].Value)];
        names.ShouldBeUnique();
    }

    [Fact]
    public void A_database_of_another_chip_changes_nothing() =>
        Text(Tuned(TuningHost.Database(TuningHost.Other, stamp: TuningHost.Stamp with { ComputeCapability = "8.0" }).ToJson()), "Kernels")
            .ShouldBe(Text(TuningHost.Host, "Kernels"));

    [Fact]
    public void A_malformed_database_changes_nothing() => Text(Tuned("{"), "Kernels").ShouldBe(Text(TuningHost.Host, "Kernels"));

    [Fact]
    public void A_database_is_no_configuration() =>
        GeneratorHost.OfClass("[Encoder(\"x.tuning.json\")]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]")
            .WithFile("x.tuning.json", TuningHost.Database(TuningHost.Other).ToJson()).Run().GeneratedSources.ShouldBeEmpty();

    [Fact]
    public void Times_and_dates_leave_outputs_cached()
    {
        TuningDatabase database = TuningHost.Database(TuningHost.Other);
        GeneratorHost first = Tuned(database.ToJson());
        TuningDatabase again = TuningHost.Database(TuningHost.Other, 5, TuningHost.Stamp with { Date = "2026-12-01", Driver = "13.1" });
        Kept(first, Tuned(again.ToJson())).ShouldBeTrue();
        Kept(first, Tuned(database.ToJson().Replace("\"version\": 2,", "\"version\": 2, \"comment\": \"moved\","))).ShouldBeTrue();
        Kept(first, first.WithFile("other.tuning.json", TuningHost.Database("x", stamp: TuningHost.Stamp with { ComputeCapability = "8.6" }).ToJson())).ShouldBeTrue();
    }

    [Fact]
    public void Another_choice_is_emitted_anew() =>
        Kept(Tuned(TuningHost.Database(TuningHost.Other).ToJson()), Tuned(TuningHost.Database(TuningHost.Candidates[2]).ToJson())).ShouldBeFalse();

    [Fact]
    public void An_entry_that_agrees_with_the_rules_leaves_outputs_cached() =>
        Kept(TuningHost.Host, Tuned(TuningHost.Database(TuningHost.Candidates[0]).ToJson())).ShouldBeTrue();

    /// <summary>True where nothing is emitted anew by the second of two runs.</summary>
    private static bool Kept(GeneratorHost first, GeneratorHost second)
    {
        (GeneratorDriver driver, _) = first.Run(first.CreateDriver());
        GeneratorRunResult result = second.Run(driver).Result;
        IncrementalStepRunReason[] reasons =
            [.. result.TrackedSteps[GeneratorSteps.Sources].SelectMany(run => run.Outputs).Select(o => o.Reason)];
        reasons.ShouldNotBeEmpty();
        return reasons.All(r => r is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged);
    }

    private static string Text(GeneratorHost host, string file) =>
        host.Run().GeneratedSources.Single(s => s.HintName.Contains(file, StringComparison.Ordinal)).SourceText.ToString();
}
