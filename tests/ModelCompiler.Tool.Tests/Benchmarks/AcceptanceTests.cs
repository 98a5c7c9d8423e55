using ModelCompiler.Runtime;
using ModelCompiler.Tool.Reports;

namespace ModelCompiler.Tool.Tests.Benchmarks;

public class AcceptanceTests
{
    private static AcceptanceResult Judge(int batch, int sequence, string against, double must, double? goal, params string[] precisions) =>
        AcceptanceBars.Judge([new("bert-base", batch, sequence, against, precisions, must, goal)], new(Sample.Results)).ShouldHaveSingleItem();

    [Theory]
    [InlineData(3.9, 4.0, Verdict.Goal)] // 0.8 ms over 0.2 ms
    [InlineData(4.0, 4.1, Verdict.Must)]
    [InlineData(4.1, 6.0, Verdict.Missed)]
    public void A_ratio_is_held_against_both_numbers(double must, double goal, Verdict verdict)
    {
        AcceptanceResult result = Judge(1, 32, "hf-sdpa-graph", must, goal, "w4a4");
        result.Ratio!.Value.ShouldBe(4, 1e-9);
        result.Verdict.ShouldBe(verdict);
    }

    [Fact]
    public void The_fastest_precision_that_is_allowed_counts()
    {
        Judge(32, 128, "hf-sdpa-graph", 1, null, "w4a4").Own!.Precision.ShouldBe("w4a4");
        Judge(32, 128, "hf-sdpa-graph", 1, null, "w4a4", "w8a8").Own!.Precision.ShouldBe("w8a8");
    }

    [Fact]
    public void A_peer_without_a_graph_is_taken_by_its_stream() => Judge(32, 128, "hf-eager", 3, null, "w8a8").Ratio!.Value.ShouldBe(6, 1e-9);

    [Fact]
    public void What_was_not_measured_is_not_judged()
    {
        Judge(1, 128, "hf-sdpa-graph", 1, 2, "w4a4").Verdict.ShouldBe(Verdict.NotMeasured);
        Judge(1, 32, "hf-compile", 1, 2, "w4a4").Verdict.ShouldBe(Verdict.NotMeasured);
        Judge(1, 32, "hf-sdpa-graph", 1, 2, "best").Verdict.ShouldBe(Verdict.NotMeasured);
    }

    [Fact]
    public void The_bars_of_this_repository_are_for_both_models_and_both_peers()
    {
        IReadOnlyList<AcceptanceBar> bars = AcceptanceBars.Read(Path.Combine(ToolRun.Root, "bench", "acceptance.json"));
        bars.Select(b => (b.Shape, b.Against)).Distinct().Count().ShouldBe(2 * 2 * 6);
        bars.ShouldContain(b => b.Model == "bert-base" && b.Batch == 8 && b.Against == "hf-sdpa-graph" && b.Must == 3 && b.Goal == 3.7);
        bars.ShouldAllBe(b => b.Goal == null || b.Goal > b.Must);
    }

    [Fact]
    public void A_file_that_holds_no_bars_is_refused() =>
        Should.Throw<ModelCompilerException>(() => AcceptanceBars.Read(Sample.Path)).Message.ShouldContain("results.json");
}
