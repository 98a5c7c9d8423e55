using System.Text.Json;
using System.Text.Json.Nodes;
using ModelCompiler.Core.Work;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Tests.Benchmarks;

public class ResultsFileTests
{
    [Fact]
    public void A_document_is_the_same_after_reading_and_writing()
    {
        JsonNode before = JsonNode.Parse(File.ReadAllText(Sample.Path))!;
        JsonNode after = JsonNode.Parse(ResultsFile.ToText(Sample.Results))!;
        JsonNode.DeepEquals(before, after).ShouldBeTrue(after.ToJsonString());
    }

    [Fact]
    public void Values_come_back_where_they_belong()
    {
        BenchmarkResults results = Sample.Results;
        results.Sources[0].Versions["PyTorch"].ShouldBe("2.11.0");
        results.Latencies[2].ShouldBe(new LatencyRow("bert-base", "hf-sdpa-graph", "fp16", 1, 32, Clocks.Replay, new(100, 0.8, 0.72, 0.88, 1.2, 0.64)));
        results.Work[0].Op.ShouldBe(new OpWork(56_623_104, 0, 0, 903_168, 24_960, 147_456));
        results.Parts[0].Tops!.Value.ShouldBe(28.3, 0.05); // 2 · 32 · 2304 · 768 / 4 µs
        results.Parts[^1].Tops.ShouldBeNull();
    }

    [Theory]
    [InlineData("[]", "something else")]
    [InlineData("null", "null")]
    [InlineData("{\"schema\":\"modelcompiler-benchmark-0\"}", "modelcompiler-benchmark-0")]
    [InlineData("{\"latency\":[]}", "latency")]
    [InlineData("{\"latencies\":[{\"model\":\"bert-base\"}]}", "runner")]
    public void Other_documents_are_refused_with_what_was_found(string text, string found) =>
        Should.Throw<ModelCompilerException>(() => ResultsFile.Parse(text, "file.json")).Message.ShouldSatisfyAllConditions(
            message => message.ShouldStartWith("file.json: "), message => message.ShouldContain(found));

    [Fact]
    public void Joined_documents_keep_every_row_and_the_first_chip()
    {
        BenchmarkResults sample = Sample.Results;
        BenchmarkResults joined = BenchmarkResults.Join([sample with { Chip = null }, sample, sample with { Chip = sample.Chip! with { Int8Tops = 1 } }]);
        joined.Latencies.Count.ShouldBe(3 * sample.Latencies.Count);
        joined.Notes.Count.ShouldBe(3);
        joined.Chip.ShouldBe(sample.Chip);
    }

    /// <summary>The schema of the documents names what is written, no more and no less.</summary>
    [Fact]
    public void The_schema_describes_every_record()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(ToolRun.Root, "bench", "results.schema.json")));
        JsonElement root = schema.RootElement, definitions = root.GetProperty("$defs");
        root.GetProperty("properties").GetProperty("schema").GetProperty("const").GetString().ShouldBe(BenchmarkResults.CurrentSchema);
        using JsonDocument written = JsonDocument.Parse(ResultsFile.ToText(Sample.Results));

        ShouldHaveProperties(root, written.RootElement);
        ShouldHaveProperties(definitions.GetProperty("measuredChip"), written.RootElement.GetProperty("chip"));
        foreach ((string list, string definition) in ((string, string)[])[
            ("sources", "benchmarkSource"), ("latencies", "latencyRow"), ("parts", "partRow"), ("kernels", "kernelRow"), ("work", "workRow"), ("coldStarts", "coldStartRow")])
            ShouldHaveProperties(definitions.GetProperty(definition), written.RootElement.GetProperty(list)[0]);
        ShouldHaveProperties(definitions.GetProperty("spread"), written.RootElement.GetProperty("latencies")[0].GetProperty("milliseconds"));
        ShouldHaveProperties(definitions.GetProperty("opWork"), written.RootElement.GetProperty("work")[0].GetProperty("op"));
    }

    private static void ShouldHaveProperties(JsonElement definition, JsonElement value) =>
        definition.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order().ShouldBe(value.EnumerateObject().Select(p => p.Name).Order());
}
