using System.Text.Json;

namespace ModelCompiler.Tool.Tests;

/// <summary><c>modelc quantize</c> and <c>modelc evaluate</c> on the sample's model.</summary>
public sealed class QuantizeAndEvaluateTests : IDisposable
{
    private static readonly (string Text, string Label)[] Examples =
    [
        ("a small animal", "noun.animal"), ("move quickly on foot", "verb.motion"), ("a dish of cooked food", "noun.food"),
        ("a tool for cutting wood", "noun.artifact"), ("a city in southern France", "noun.location"),
    ];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_quantized_folder_keeps_its_tokenizer_and_is_evaluated_in_its_own_precision()
    {
        string target = _folder.File("out");
        ToolRun quantized = ToolRun.Of("quantize", ToolRun.WordNetModel, target, "--precision", "w4a4", "--asymmetric", "--part", "mlp-output=w8a8");
        quantized.Code.ShouldBe(0, quantized.Messages);
        quantized.Results.ShouldContain("bert.encoder.layer.3.output.dense");
        quantized.Results.ShouldContain("24 layers");
        File.Exists(Path.Combine(target, "vocab.txt")).ShouldBeTrue();

        JsonElement result = Evaluate(target, Tsv());
        result.GetProperty("total").GetInt32().ShouldBe(Examples.Length);
        result.GetProperty("correct").GetInt32().ShouldBe(Examples.Length);
        result.GetProperty("scheme").GetProperty("Qkv").GetString().ShouldBe("wu4_au4");
        result.GetProperty("scheme").GetProperty("MlpOutput").GetString().ShouldBe("wu8_au8");
    }

    [Fact]
    public void Calibration_measures_output_errors_and_writes_static_ranges()
    {
        string texts = _folder.Write("texts.txt", [.. Examples.Select(e => e.Text)]), target = _folder.File("static");
        ToolRun run = ToolRun.Of("quantize", ToolRun.WordNetModel, target, "-p", "w8a8", "--calibrate", texts, "--static", "--json");

        run.Code.ShouldBe(0, run.Messages);
        foreach (JsonElement module in JsonDocument.Parse(run.Results).RootElement.GetProperty("modules").EnumerateArray())
        {
            module.GetProperty("relativeError").GetDouble().ShouldBeInRange(1e-4, 0.02);
            module.GetProperty("outputError").GetDouble().ShouldBeInRange(1e-4, 0.05);
        }

        Evaluate(target, Tsv()).GetProperty("correct").GetInt32().ShouldBe(Examples.Length);
    }

    [Fact]
    public void Every_kind_of_data_file_gives_the_same_accuracy()
    {
        string plain = Tsv();
        string headed = _folder.Write("headed.tsv", ["label\ttext", .. Examples.Select(e => $"{e.Label}\t{e.Text}")]);
        string json = _folder.Write("data.jsonl", [.. Examples.Select(e => JsonSerializer.Serialize(new { text = e.Text, label = e.Label }))]);

        foreach (string data in (string[])[plain, headed, json])
            Evaluate(ToolRun.WordNetModel, data).GetProperty("correct").GetInt32().ShouldBe(Examples.Length);
    }

    [Fact]
    public void A_report_for_people_shows_recall_confusions_and_accuracy()
    {
        string data = _folder.Write("wrong.tsv", "a small animal\tnoun.animal", "a small animal\tnoun.plant");
        ToolRun run = ToolRun.Of("evaluate", ToolRun.WordNetModel, "--data", data);

        run.Code.ShouldBe(0, run.Messages);
        run.Results.ShouldContain("accuracy 50.00 % (1 of 2)");
        run.Results.ShouldMatch(@"noun\.plant\s+noun\.animal\s+1");
        run.Results.ShouldMatch(@"noun\.animal\s+1\s+100\.00");
    }

    [Theory]
    [InlineData("a text\tno.such.label", "no.such.label", ":1")]
    [InlineData("a text\t45", "45 labels", ":1")]
    [InlineData("only one field", "2 tab-separated fields", ":1")]
    public void A_bad_line_is_named_with_its_number(string line, string part, string place) =>
        ToolRun.Of("evaluate", ToolRun.WordNetModel, "--data", _folder.Write("bad.tsv", line)).ShouldBeUserError(part, "bad.tsv" + place);

    [Fact]
    public void A_line_that_is_no_json_is_named() =>
        ToolRun.Of("evaluate", ToolRun.WordNetModel, "--data", _folder.Write("bad.jsonl", "{\"text\": \"a\", \"label\": 0}", "{oops"))
            .ShouldBeUserError("bad.jsonl:2");

    [Fact]
    public void An_empty_or_unknown_data_file_is_refused()
    {
        ToolRun.Of("evaluate", ToolRun.WordNetModel, "--data", _folder.Write("empty.tsv")).ShouldBeUserError("empty.tsv");
        ToolRun.Of("evaluate", ToolRun.WordNetModel, "--data", _folder.Write("data.csv", "a,b")).ShouldBeUserError(".csv");
    }

    [Fact]
    public void A_folder_with_files_is_not_written_over()
    {
        _folder.Write("precious.txt", "text");
        ToolRun.Of("quantize", ToolRun.WordNetModel, _folder.Path).ShouldBeUserError("expected an empty folder");
        File.ReadAllText(_folder.File("precious.txt")).ShouldStartWith("text");
    }

    [Fact]
    public void Sixteen_bit_everywhere_is_nothing_to_quantize() =>
        ToolRun.Of("quantize", ToolRun.WordNetModel, _folder.File("out"), "-p", "fp16").ShouldBeUserError("fp16");

    private string Tsv() => _folder.Write("data.tsv", [.. Examples.Select(e => $"{e.Text}\t{e.Label}")]);

    private static JsonElement Evaluate(string model, string data)
    {
        ToolRun run = ToolRun.Of("evaluate", model, "--data", data, "--json");
        run.Code.ShouldBe(0, run.Messages);
        return JsonDocument.Parse(run.Results).RootElement;
    }
}
