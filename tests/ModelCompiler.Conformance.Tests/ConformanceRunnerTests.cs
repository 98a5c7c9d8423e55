using System.Text.Json;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Conformance.Tests;

/// <summary>Right executors pass the reduced suite, and executors with one fault do not.</summary>
public sealed class ConformanceRunnerTests
{
    /// <summary>A case of each kind of bound, all of several sequences.</summary>
    private static readonly ConformanceCase[] s_several =
        [.. ConformanceSuite.Cases(reduced: true).Where(c => c.Name is "small-fp16-t127" or "small-w8a8-t17" or "sample-w4a4-aa-t17" or "wide-w8a8-t17")];

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    [Theory]
    [InlineData(1, 512)]
    [InlineData(1, 1)]
    [InlineData(3, 100)]
    public void Options_of_the_CPU_executor_change_no_bit(int threads, int tokensPerPass)
    {
        ConformanceReport report = ConformanceRunner.Run(
            ConformanceSuite.Cases(reduced: true),
            (_, plan, weights) => new CpuConformanceExecutor(plan, weights, new CpuExecutorOptions { Threads = threads, TokensPerPass = tokensPerPass }));
        report.Failed.ShouldBeFalse(report.ToString());
        report.Results.ShouldAllBe(result => result.OutputError == 0 && result.HiddenError == 0);
        report.SameLabelShare.ShouldBe(1);
        report.LabelRows.ShouldBeGreaterThan(200);
    }

    [Fact]
    public void An_encoder_written_out_in_double_passes_and_is_not_the_same()
    {
        ConformanceReport report = ConformanceRunner.Run(
            ConformanceSuite.Cases(reduced: true), (c, _, weights) => new WrittenOutEncoder(c.Model, c.Scheme, weights));
        report.Failed.ShouldBeFalse(report.ToString());
        report.Results.ShouldAllBe(result => result.OutputError > 0 || result.HiddenError > 0);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_fails_every_case(Fault fault)
    {
        s_several.Length.ShouldBe(4);
        ConformanceReport report = ConformanceRunner.Run(
            s_several, (c, plan, weights) => new WrongExecutor(fault, c, new CpuConformanceExecutor(plan, weights)));
        report.Failed.ShouldBeTrue();
        report.FailedCases.ShouldBe(4, report.ToString());
        report.ToString().ShouldContain("0 passed, 4 failed");
        string expected = fault switch
        {
            Fault.NotWritten => "hidden state: expected finite values, found 1 of",
            Fault.LeakingNeighbours => "neighbours:",
            Fault.OtherBitsEachCall or Fault.WrongAfterFirstCall => "repeated:",
            Fault.Throws => "InvalidOperationException: the device was lost",
            _ => "relative L2 error of at most",
        };
        report.Results.ShouldAllBe(result => result.Failures.Any(failure => failure.Contains(expected, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_case_is_run_and_reported_behind_one_that_cannot_be_made()
    {
        var reported = new List<string>();
        ConformanceReport report = ConformanceRunner.Run(
            s_several,
            (c, plan, weights) => c == s_several[0]
                ? throw new InvalidOperationException("no kernel for it")
                : new CpuConformanceExecutor(plan, weights),
            new Collect(reported));
        reported.ShouldBe(s_several.Select(c => c.Name));
        report.FailedCases.ShouldBe(1);
        report.Results[0].Failures.ShouldHaveSingleItem().ShouldBe("InvalidOperationException: no kernel for it");
        report.Results[0].OutputError.ShouldBeNull();
    }

    [Fact]
    public void Too_few_equal_labels_and_no_case_at_all_are_failures()
    {
        ConformanceResult passed = new("a", 1000, 1e-3, 1e-3, 1e-2, LabelRows: 1000, SameLabels: 995, 1, []);
        new ConformanceReport("x", [passed], []).Failed.ShouldBeFalse();
        new ConformanceReport("x", [passed with { SameLabels = 994 }], []).Failed.ShouldBeTrue();
        new ConformanceReport("x", [], []).Failed.ShouldBeTrue();
    }

    [Fact]
    public void A_report_is_JSON()
    {
        var report = new ConformanceReport("GPU", [new("a", 17, null, 1e-3, 1e-2, 4, 4, 1.5, ["batch, output: expected"])], []);
        JsonElement json = JsonDocument.Parse(report.ToJson()).RootElement;
        json.GetProperty("executor").GetString().ShouldBe("GPU");
        json.GetProperty("failed").GetBoolean().ShouldBeTrue();
        JsonElement result = json.GetProperty("results")[0];
        result.GetProperty("outputError").ValueKind.ShouldBe(JsonValueKind.Null);
        result.GetProperty("hiddenError").GetDouble().ShouldBe(1e-3);
        result.GetProperty("passed").GetBoolean().ShouldBeFalse();
        result.GetProperty("failures")[0].GetString().ShouldBe("batch, output: expected");
    }

    [Fact]
    public void Cancelling_ends_a_run()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Should.Throw<OperationCanceledException>(() => ConformanceRunner.Run(
            s_several, (_, plan, weights) => new CpuConformanceExecutor(plan, weights), cancellation: source.Token));
    }

    private sealed class Collect(List<string> names) : IProgress<ConformanceResult>
    {
        public void Report(ConformanceResult value) => names.Add(value.Name);
    }
}
