using Microsoft.CodeAnalysis;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Tests.Tuning;

public sealed class TuningDiagnosticTests
{
    [Fact]
    public async Task A_database_that_fits_is_silent() => (await Analyze(TuningHost.Database(TuningHost.Other))).ShouldBeEmpty();

    [Fact]
    public async Task A_malformed_database_is_an_error_at_its_place()
    {
        string json = TuningHost.Database(TuningHost.Other).ToJson().Replace("\"tokens\":64", "\"tokens\":\"64\"");
        Diagnostic found = (await TuningHost.Host.WithFile("h100.tuning.json", json).AnalyzeAsync()).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0701");
        found.Severity.ShouldBe(DiagnosticSeverity.Error);
        found.GetMessage().ShouldBe("$.entries[0].tokens: expected an integer, found \"64\"");
        FileLinePositionSpan place = found.Location.GetLineSpan();
        place.Path.ShouldEndWith("h100.tuning.json");
        string line = json.Split('\n')[place.StartLinePosition.Line];
        line[place.StartLinePosition.Character..].ShouldStartWith("\"64\"");
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_an_error()
    {
        Diagnostic found = (await TuningHost.Host.WithFile("h100.tuning.json", null).AnalyzeAsync()).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0701");
        found.GetMessage().ShouldBe("$: expected a readable file, found none");
    }

    [Fact]
    public async Task Kernels_that_have_changed_are_a_warning_at_the_file_and_their_entries_are_left_aside()
    {
        TuningDatabase database = TuningHost.Database(TuningHost.Other);
        TuningEntry stale = database.Entries[0] with { Kernels = new("wgmma_gemm:0123456789abcdef") };
        GeneratorHost host = TuningHost.Host.WithFile("h100.tuning.json", (database with { Entries = new(stale, database.Entries[0] with { Tokens = 9000 }) }).ToJson());
        Diagnostic found = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0702");
        found.Severity.ShouldBe(DiagnosticSeverity.Warning);
        found.GetMessage().ShouldBe(
            "1 of 2 measurements are left aside, because kernels have changed since: wgmma_gemm; run 'modelc tune' again");
        found.Location.GetLineSpan().Path.ShouldEndWith("h100.tuning.json");
        host.Run().GeneratedSources.ShouldAllBe(s => !s.SourceText.ToString().Contains($"\"{TuningHost.Other}\""));
    }

    [Fact]
    public async Task A_database_of_an_older_version_is_a_warning_and_changes_nothing()
    {
        string json = TuningHost.Database(TuningHost.Other).ToJson().Replace("\"version\": 2", "\"version\": 1");
        GeneratorHost host = TuningHost.Host.WithFile("h100.tuning.json", json);
        Diagnostic found = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0706");
        found.Severity.ShouldBe(DiagnosticSeverity.Warning);
        found.GetMessage().ShouldBe("The file has schema version 1, this compiler reads 2, so it is left aside; run 'modelc tune' again");
        found.Location.GetLineSpan().Path.ShouldEndWith("h100.tuning.json");
        host.Run().GeneratedSources.ShouldAllBe(s => !s.SourceText.ToString().Contains($"\"{TuningHost.Other}\""));
    }

    [Fact]
    public async Task Another_chip_is_a_note_at_the_targets()
    {
        TuningStamp stamp = TuningHost.Stamp with { Gpu = "NVIDIA A10", ComputeCapability = "8.6" };
        Diagnostic found = (await Analyze(TuningHost.Database(TuningHost.Other, stamp: stamp))).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0703");
        found.Severity.ShouldBe(DiagnosticSeverity.Info);
        found.GetMessage().ShouldBe("'h100.tuning.json' was measured on NVIDIA A10 of compute capability 8.6, which is none of the targets, and is left aside");
        Source(found).ShouldBe("GpuArch.Sm90a");
    }

    [Fact]
    public async Task A_candidate_that_does_not_exist_is_a_warning_at_the_target()
    {
        Diagnostic found = (await Analyze(TuningHost.Database("m1n1k1"))).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0704");
        found.Severity.ShouldBe(DiagnosticSeverity.Warning);
        found.GetMessage().ShouldBe(
            $"'h100.tuning.json' prefers 'm1n1k1' for {TuningHost.Qkv.Name} at 64 tokens, which this compiler does not have; the built-in rule decides");
        Source(found).ShouldBe("GpuArch.Sm90a");
    }

    [Fact]
    public async Task Two_databases_for_a_target_are_a_warning_and_the_first_counts()
    {
        GeneratorHost host = TuningHost.Host
            .WithFile("b.tuning.json", TuningHost.Database(TuningHost.Candidates[2]).ToJson())
            .WithFile("a.tuning.json", TuningHost.Database(TuningHost.Other).ToJson());
        Diagnostic found = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        found.Id.ShouldBe("MC0705");
        found.GetMessage().ShouldBe("'a.tuning.json' and 'b.tuning.json' were both measured on sm_90a; the first is used");
        host.Run().GeneratedSources.Single(s => s.HintName.Contains("Descriptor", StringComparison.Ordinal)).SourceText.ToString()
            .ShouldContain($"\"{TuningHost.Other}\"");
    }

    private static Task<System.Collections.Immutable.ImmutableArray<Diagnostic>> Analyze(TuningDatabase database) =>
        TuningHost.Host.WithFile("h100.tuning.json", database.ToJson()).AnalyzeAsync();

    private static string Source(Diagnostic diagnostic) =>
        diagnostic.Location.SourceTree!.GetText().ToString(diagnostic.Location.SourceSpan);
}
