using ModelCompiler.Core.Spec;
using ModelCompiler.Tool.Benchmarking;
using ModelCompiler.Tool.Output;

namespace ModelCompiler.Tool.Tests.Benchmarks;

/// <summary>The command on the CPU executor, which has calls but no graphs.</summary>
public class BenchTests
{
    [Fact]
    public void Several_precisions_make_one_document()
    {
        using var folder = new TestFolder();
        ToolRun run = ToolRun.Of(
            "bench", ToolRun.TinyRoberta, "--device", "cpu", "--precisions", "w4a4", "w8a8", "--shapes", "1x8", "2x16", "--iterations", "3",
            "--name", "tiny", "--commit", "abc", "--json", folder.File("r.json"), "--csv", folder.File("r.csv"));
        run.Code.ShouldBe(ModelCompilerTool.Success, run.Messages);
        BenchmarkResults results = ResultsFile.Read(folder.File("r.json"));
        results.Latencies.Select(r => (r.Model, r.Runner, r.Precision, r.Batch, r.Sequence, r.Clock, r.Milliseconds.Runs)).ShouldBe(
        [
            ("tiny", "modelc", "w4a4", 1, 8, "call", 3), ("tiny", "modelc", "w4a4", 2, 16, "call", 3),
            ("tiny", "modelc", "w8a8", 1, 8, "call", 3), ("tiny", "modelc", "w8a8", 2, 16, "call", 3),
        ]);
        results.Sources.ShouldHaveSingleItem().Commit.ShouldBe("abc");
        results.ColdStarts.Select(c => c.ProcessMs is not null).ShouldBe([true, false]);
        File.ReadAllLines(folder.File("r.csv")).Length.ShouldBe(5);
    }

    [Fact]
    public void A_label_names_the_rows()
    {
        using var folder = new TestFolder();
        ToolRun.Of(
            "bench", ToolRun.TinyRoberta, "--device", "cpu", "-p", "w4a8", "--part", "qkv=fp16", "--label", "best", "--shapes", "1x8", "--iterations", "1",
            "--json", folder.File("r.json")).Code.ShouldBe(ModelCompilerTool.Success);
        ResultsFile.Read(folder.File("r.json")).Latencies.ShouldHaveSingleItem().Precision.ShouldBe("best");
    }

    [Fact]
    public void A_scheme_is_named_by_its_precision_or_part_by_part()
    {
        var w4a4 = new LinearPrecision(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken));
        var sparse = new LinearPrecision(new(8, Symmetry.Symmetric, 0, Sparsity.TwoOfFour), new(8, Symmetry.Symmetric, ActivationRange.PerToken));
        PrecisionLabel.Of(QuantizationScheme.Uniform(sparse)).ShouldBe("w8a8-2of4");
        var grouped = new LinearPrecision(new(4, Symmetry.Asymmetric, 64), new(8, Symmetry.Symmetric, ActivationRange.Static));
        PrecisionLabel.Of(QuantizationScheme.Uniform(w4a4)).ShouldBe("w4a4");
        PrecisionLabel.Of(QuantizationScheme.Float16).ShouldBe("fp16");
        PrecisionLabel.Of(QuantizationScheme.Uniform(w4a4) with { MlpOutput = grouped }).ShouldBe("w4a4+w4a4+w4a4+w4a8-g64-asymmetric-static");
    }

    [Theory]
    [InlineData("--shapes", "32")]
    [InlineData("--parts", "0x8")]
    [InlineData("--iterations", "0")]
    [InlineData("--seconds", "0")]
    [InlineData("--precisions", "w2a2")]
    public void Wrong_options_are_usage_errors(string option, string value) =>
        ToolRun.Of("bench", ToolRun.TinyRoberta, "--device", "cpu", option, value).Code.ShouldBe(ModelCompilerTool.UsageError);

    [Theory]
    [InlineData(300, null, 0.01, 300)]
    [InlineData(300, 0.5, 0.01, 50)]
    [InlineData(300, 0.5, 0.0001, 300)]
    [InlineData(300, 0.5, 10, 20)] // a spread needs so many
    public void A_time_limit_leaves_enough_runs(int iterations, double? seconds, double each, int runs) =>
        new RunLimit(iterations, seconds).RunsOf(each).ShouldBe(runs);
}
