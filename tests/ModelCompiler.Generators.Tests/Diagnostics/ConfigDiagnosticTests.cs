using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generators.Tests.Diagnostics;

public sealed class ConfigDiagnosticTests
{
    private const string Declared = "[Encoder({|\"model/config.json\"|})]" + DiagnosticCase.Tail;
    private const string Base =
        """
        {
          "model_type": "bert", "architectures": ["BertModel"],
          "hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 512,
          "vocab_size": 1000, "max_position_embeddings": 64
        }
        """;

    private static readonly DiagnosticCase[] s_cases =
    [
        new("MC0103", "'model/config.json' line 2, column 1: expected valid JSON, found '}' is an invalid start of a value at $",
            Declared, "{ \"model_type\":\n}"),
        new("MC0103", "'model/config.json' line 1, column 1: expected an object, found an array at $", Declared, "[]"),
        new("MC0104", "'model/config.json' line 5, column 3: $.vocab_size is there twice",
            Declared, Base.Replace("\n}", "\n, \"vocab_size\": 1000\n}").Replace("64\n, ", "64,\n  ")),
        new("MC0105", "'model/config.json' has no $.vocab_size: expected an integer", Declared, Base.Replace("\"vocab_size\": 1000, ", "")),
        new("MC0106", "'model/config.json' line 3, column 18: $.hidden_size must be a 32-bit integer, found \"128\"",
            Declared, Base.Replace("128", "\"128\"")),
        new("MC0106", "'model/config.json' line 3, column 18: $.hidden_size must be a 32-bit integer, found 12800000000",
            Declared, Base.Replace("128", "12800000000")),
        new("MC0107", "'model/config.json' line 2, column 17: family not supported, expected bert, roberta, xlm-roberta or distilbert, found \"gpt2\"",
            Declared, Base.Replace("\"bert\"", "\"gpt2\"")),
        new("MC0108", "'model/config.json' line 3, column 17: $.hidden_act is \"silu\", supported is gelu, gelu_new, gelu_pytorch_tanh or relu",
            Declared, Base.Replace("\"hidden_size\"", "\"hidden_act\": \"silu\", \"hidden_size\"")),
        new("MC0109", "'model/config.json' line 3, column 15: $.id2label must have ids from 0 to 1, found no id 1, but id 2",
            Declared, Base.Replace("\"hidden_size\"", "\"id2label\": {\"0\": \"a\", \"2\": \"b\"}, \"hidden_size\"")),
        new("MC0110", "'model/config.json' names the architecture BertForMaskedLM, which says no head that is supported; set Head",
            Declared, Base.Replace("BertModel", "BertForMaskedLM")),
        new("MC0111", "HiddenSize is 256, but 'model/config.json' has 128 for 'hidden_size'",
            "[Encoder(\"model/config.json\", {|HiddenSize = 256|})]" + DiagnosticCase.Tail, Base),
        new("MC0111", "Family is Roberta, but 'model/config.json' has bert for 'model_type'",
            "[Encoder(\"model/config.json\", {|Family = EncoderFamily.Roberta|})]" + DiagnosticCase.Tail, Base.Replace("64\n", "65\n")),
        new("MC0111", "Head is TokenClassifier, but 'model/config.json' has BertForSequenceClassification for 'architectures'",
            "[Encoder(\"model/config.json\", {|Head = EncoderHead.TokenClassifier|})]" + DiagnosticCase.Tail,
            Base.Replace("BertModel", "BertForSequenceClassification")),
    ];

    public static TheoryData<int> Cases => new(Enumerable.Range(0, s_cases.Length));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Wrong_configuration_is_reported(int index) => s_cases[index].CheckAsync();

    [Fact]
    public async Task Missing_file_is_reported_with_the_ones_present()
    {
        GeneratorHost host = GeneratorHost.OfClass("[Encoder(\"model/config.json\")]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]")
            .WithFile("other/config.json", Base).WithFile("tuning.json", "{}").WithFile("notes.txt", "");
        Diagnostic diagnostic = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        diagnostic.Id.ShouldBe("MC0101");
        diagnostic.GetMessage().ShouldBe("'model/config.json' is not among the AdditionalFiles; JSON files there: other/config.json, tuning.json");
        host.Compilation.SyntaxTrees[0].GetText().ToString(diagnostic.Location.SourceSpan).ShouldBe("\"model/config.json\"");
        host.Run().GeneratedSources.ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_fitting_files_are_reported()
    {
        GeneratorHost host = GeneratorHost.OfClass("[Encoder(\"config.json\")]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]")
            .WithFile("a/config.json", Base).WithFile("b/config.json", Base);
        Diagnostic diagnostic = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        diagnostic.Id.ShouldBe("MC0102");
        diagnostic.GetMessage().ShouldBe("'config.json' fits several AdditionalFiles: /project/a/config.json, /project/b/config.json; write the path relative to the project");
        host.Run().GeneratedSources.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unreadable_file_is_reported()
    {
        GeneratorHost host = GeneratorHost.OfClass("[Encoder(\"config.json\")]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]")
            .WithFile("config.json", null);
        Diagnostic diagnostic = (await host.AnalyzeAsync()).ShouldHaveSingleItem();
        diagnostic.Id.ShouldBe("MC0103");
        diagnostic.GetMessage().ShouldBe("'config.json' line 1, column 1: expected a readable file, found none at $");
    }

    [Theory]
    [InlineData("./model/../model/config.json")]
    [InlineData("model\\\\config.json")]
    [InlineData("/project/model/config.json")]
    [InlineData("config.json")]
    public async Task Paths_are_matched_as_a_file_system_would(string declared)
    {
        GeneratorHost host = GeneratorHost.OfClass($"[Encoder(\"{declared}\")]\n[Shapes(Tokens = [64])]\n[Targets(GpuArch.Sm80)]")
            .WithFile("model/config.json", Base).WithFile("model/tokenizer.json", "{}");
        (await host.AnalyzeAsync()).ShouldBeEmpty();
        host.Run().GeneratedSources.Length.ShouldBe(3);
    }
}
