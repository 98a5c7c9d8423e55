using System.Xml.Linq;
using ModelCompiler.Core.Work;
using ModelCompiler.Tool.Benchmarking;
using ModelCompiler.Tool.Reports;

namespace ModelCompiler.Tool.Tests.Benchmarks;

public class ReportTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly ResultsView View = new(Sample.Results);

    private static string[] Texts(string svg) => [.. XElement.Parse(svg).Descendants(Svg + "text").Select(t => t.Value)];

    [Fact]
    public void Figure_1_has_a_chart_for_each_measured_product_and_a_line_for_each_runner()
    {
        string svg = Figures.GemmRates(View, "bert-base").ShouldHaveSingleItem();
        XElement chart = XElement.Parse(svg);
        chart.Descendants(Svg + "polyline").Count().ShouldBe(3);
        chart.Descendants(Svg + "polyline").Count(l => l.Attribute("stroke-dasharray") is not null).ShouldBe(1); // the library's
        foreach (string text in (string[])["bert-base, qkv, N = 2304, K = 768", "tokens", "TOPS", "32", "4096", "INT4 (W4A4)", "INT8 (W8A8)", "cuBLASLt INT8"])
            Texts(svg).ShouldContain(text);
        Texts(svg).ShouldNotContain("FP16"); // nothing was measured
    }

    [Fact]
    public void Figure_2_divides_the_times_of_INT8_by_those_of_INT4_and_of_the_best()
    {
        string[] texts = Texts(Figures.Int4OverInt8(View, "bert-base"));
        // 0.25 / 0.2 twice, then 1.0 / 1.25 and 1.0 / 1.0.
        texts.Where(t => t.Length == 4 && t.Contains('.')).ShouldBe(["1.25", "1.25", "0.80", "1.00"]);
        texts.ShouldContain("32 × 128");
    }

    [Fact]
    public void Figure_3_divides_the_peers_times_by_the_best_and_marks_what_was_asked()
    {
        IReadOnlyList<AcceptanceResult> acceptance = AcceptanceBars.Judge([new("bert-base", 1, 32, "hf-sdpa-graph", ["w4a4"], 3.5, 6)], View);
        IReadOnlyList<string> charts = Figures.OverHuggingFace(View, "bert-base", acceptance);
        Texts(charts[0]).ShouldContain("20.0"); // 4 / 0.2
        Texts(charts[0]).ShouldContain("6.0"); // 6 / 1
        Texts(charts[0]).ShouldNotContain("must");
        Texts(charts[1]).ShouldContain("4.0"); // 0.8 / 0.2
        Texts(charts[1]).ShouldContain("3.0"); // 3 / 1
        Texts(charts[1]).ShouldContain("goal");
    }

    [Fact]
    public void The_roofline_adds_the_least_times_of_all_ops()
    {
        RooflineRow row = RooflineView.Rows(View).ShouldHaveSingleItem();
        row.Work.ShouldBe(new OpWork(12 * 56_623_104L, 0, 0, 12 * 903_168L, 12 * 24_960L, 12 * 147_456L));
        // 12 · (903168 + 172416) B at 4000 GB/s, all of it in the cache, is more than 12 · 56.6 M multiply-adds at 500 T/s.
        row.BoundMs.ShouldBe(0.003226752, 1e-9);
        row.Time.Compute.ShouldBe(12 * 56_623_104 / 5e14, 1e-12);
        row.Limit.ShouldBe("bytes");
        row.Percent!.Value.ShouldBe(100 * 0.003226752 / 0.2, 1e-6);
    }

    [Fact]
    public void Without_rates_there_is_no_roofline() =>
        RooflineView.Rows(new(Sample.Results with { Chip = null })).ShouldBeEmpty();

    [Fact]
    public void A_page_needs_nothing_from_outside_and_escapes_what_it_shows()
    {
        string page = BenchmarkPage.Create(Sample.Results, []);
        page.ShouldContain("modelc bench &lt;folder&gt;");
        page.ShouldNotContain("<folder>");
        foreach (string outside in (string[])["<script", "<link", "<img", "src=", "@import", "url("])
            page.ShouldNotContain(outside);
        page.ShouldContain("hf-compile: left out");
        page.ShouldContain("<td>6.5</td><td>gemm</td>");
        page.ShouldContain("2026-11-25 12:01");
        page.ShouldNotContain("Against the bars"); // none were given
    }

    [Fact]
    public void The_command_writes_the_page_and_one_document_and_prints_the_verdicts()
    {
        using var folder = new TestFolder();
        string bars = folder.Write("bars.json",
            "[{\"model\":\"bert-base\",\"batch\":1,\"sequence\":32,\"against\":\"hf-sdpa-graph\",\"precisions\":[\"w4a4\"],\"must\":5}]");
        ToolRun run = ToolRun.Of("report", Sample.Path, Sample.Path, "-o", folder.File("r.html"), "--json", folder.File("r.json"), "--bars", bars);
        run.Code.ShouldBe(ModelCompilerTool.Success, run.Messages);
        run.Results.ShouldBe("bert-base 1x32 against hf-sdpa-graph: 4.00 x, must 5, Missed" + Environment.NewLine);
        File.ReadAllText(folder.File("r.html")).ShouldContain("<td class=\"missed\">4.00</td>");
        ResultsFile.Read(folder.File("r.json")).Sources.Count.ShouldBe(4);
    }

    [Fact]
    public void A_file_that_holds_no_results_is_named() =>
        ToolRun.Of("report", Path.Combine(ToolRun.TinyRoberta, "config.json"), "-o", "never.html").ShouldBeUserError("config.json");
}
