using System.Globalization;
using ModelCompiler.Core.Spec.Configuration;

namespace ModelCompiler.Core.Tests.Spec;

public sealed class HuggingFaceConfigTests
{
    private const string Bert = """
        {
          "architectures": ["BertForSequenceClassification"],
          "hidden_act": "gelu_new",
          "hidden_size": 256,
          "id2label": { "0": "no", "10": "k", "2": "c", "1": "yes", "3": "d", "4": "e", "5": "f", "6": "g", "7": "h", "8": "i", "9": "j" },
          "intermediate_size": 1024,
          "layer_norm_eps": 1e-5,
          "max_position_embeddings": 64,
          "model_type": "bert",
          "num_attention_heads": 4,
          "num_hidden_layers": 3,
          "pad_token_id": 7,
          "torch_dtype": "float16",
          "type_vocab_size": 3,
          "vocab_size": 8192
        }
        """;

    private static readonly string s_minimal = """
        { "model_type": "roberta", "hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 384,
          "vocab_size": 512, "max_position_embeddings": 66, "pad_token_id": null, "architectures": ["RobertaForTokenClassification"] }
        """;

    [Fact]
    public void Bert_is_read()
    {
        HuggingFaceConfig config = Parsed(Bert);
        config.Family.ShouldBe(EncoderFamily.Bert);
        config.Architecture.ShouldBe("BertForSequenceClassification");
        config.Head.ShouldBe(EncoderHead.SequenceClassifier);
        (config.HiddenSize, config.Layers, config.AttentionHeads, config.IntermediateSize).ShouldBe((256, 3, 4, 1024));
        (config.VocabularySize, config.MaxPositions, config.TokenTypes, config.PadTokenId).ShouldBe((8192, 64, 3, 7));
        config.LayerNormEpsilon.ShouldBe(1e-5);
        config.Activation.ShouldBe(ActivationFunction.GeluTanh);
        config.DataType.ShouldBe("float16");
        config.LabelNames.ShouldBe(["no", "yes", "c", "d", "e", "f", "g", "h", "i", "j", "k"]);
    }

    [Fact]
    public void Keys_that_the_library_fills_in_get_its_defaults()
    {
        HuggingFaceConfig config = Parsed(s_minimal);
        config.Family.ShouldBe(EncoderFamily.Roberta);
        config.Head.ShouldBe(EncoderHead.TokenClassifier);
        config.PadTokenId.ShouldBe(1);
        config.TokenTypes.ShouldBe(2);
        config.LayerNormEpsilon.ShouldBe(1e-12);
        config.Activation.ShouldBe(ActivationFunction.Gelu);
        config.DataType.ShouldBeNull();
        config.LabelNames.ShouldBe(["LABEL_0", "LABEL_1"]);
    }

    [Fact]
    public void DistilBert_has_keys_of_its_own()
    {
        HuggingFaceConfig config = Parsed("""
            { "model_type": "distilbert", "dim": 64, "n_layers": 1, "n_heads": 2, "hidden_dim": 128, "activation": "relu", "dtype": "float32",
              "vocab_size": 100, "max_position_embeddings": 32, "pad_token_id": 0, "architectures": ["DistilBertModel"] }
            """);
        config.Family.ShouldBe(EncoderFamily.DistilBert);
        config.Head.ShouldBe(EncoderHead.None);
        (config.HiddenSize, config.Layers, config.AttentionHeads, config.IntermediateSize, config.TokenTypes).ShouldBe((64, 1, 2, 128, 0));
        config.Activation.ShouldBe(ActivationFunction.Relu);
        config.DataType.ShouldBe("float32");
        config.LabelNames.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("xlm-roberta", EncoderFamily.Roberta)]
    [InlineData("roberta", EncoderFamily.Roberta)]
    public void Xlm_roberta_is_a_roberta(string type, EncoderFamily family) =>
        Parsed(s_minimal.Replace("\"roberta\"", $"\"{type}\"")).Family.ShouldBe(family);

    [Theory]
    [InlineData("gelu", ActivationFunction.Gelu)]
    [InlineData("gelu_new", ActivationFunction.GeluTanh)]
    [InlineData("gelu_pytorch_tanh", ActivationFunction.GeluTanh)]
    [InlineData("relu", ActivationFunction.Relu)]
    public void Activations_are_read(string name, ActivationFunction function) =>
        Parsed(Bert.Replace("gelu_new", name)).Activation.ShouldBe(function);

    [Theory]
    [InlineData("tests/fixtures/tiny-bert/config.json")]
    [InlineData("tests/fixtures/tiny-roberta/config.json")]
    [InlineData("samples/Supersense/model/config.json")]
    public void Files_of_the_repository_are_read(string path) => Parsed(File.ReadAllText(Path.Combine(Root(), path)));

    [Theory]
    [InlineData("gpt2")]
    [InlineData("bart")]
    public void Other_families_are_refused(string family)
    {
        HuggingFaceConfigError error = Single(Bert.Replace("\"bert\"", $"\"{family}\""));
        error.ShouldBe(new(ConfigErrorKind.UnsupportedFamily, "$.model_type", 9, 17, "bert, roberta, xlm-roberta or distilbert", $"\"{family}\""));
    }

    [Theory]
    [InlineData("\"hidden_size\": 256", "\"hidden_size\": 256.5", ConfigErrorKind.WrongValue, "$.hidden_size", 4, 18, "256.5")]
    [InlineData("\"hidden_size\": 256", "\"hidden_size\": 2147483648", ConfigErrorKind.WrongValue, "$.hidden_size", 4, 18, "2147483648")]
    [InlineData("\"hidden_size\": 256", "\"hidden_size\": 1e2", ConfigErrorKind.WrongValue, "$.hidden_size", 4, 18, "1e2")]
    [InlineData("\"hidden_size\": 256", "\"hidden_size\": null", ConfigErrorKind.WrongValue, "$.hidden_size", 4, 18, "null")]
    [InlineData("\"hidden_size\": 256", "\"hidden_size\": [256]", ConfigErrorKind.WrongValue, "$.hidden_size", 4, 18, "an array")]
    [InlineData("1e-5", "1e999", ConfigErrorKind.WrongValue, "$.layer_norm_eps", 7, 21, "1e999")]
    [InlineData("1e-5", "true", ConfigErrorKind.WrongValue, "$.layer_norm_eps", 7, 21, "true")]
    [InlineData("\"0\": \"no\"", "\"zero\": \"no\"", ConfigErrorKind.WrongValue, "$.id2label.zero", 5, 25, "\"zero\"")]
    [InlineData("\"0\": \"no\"", "\"0\": 0", ConfigErrorKind.WrongValue, "$.id2label.0", 5, 22, "0")]
    [InlineData("\"0\": \"no\"", "\"1\": \"no\"", ConfigErrorKind.DuplicateKey, "$.id2label.1", 5, 49, "\"1\" again")]
    [InlineData("\"gelu_new\"", "\"silu\"", ConfigErrorKind.UnsupportedFeature, "$.hidden_act", 3, 17, "\"silu\"")]
    [InlineData("\"torch_dtype\": \"float16\"", "\"is_decoder\": true", ConfigErrorKind.UnsupportedFeature, "$.is_decoder", 13, 17, "true")]
    [InlineData("\"torch_dtype\": \"float16\"", "\"position_embedding_type\": \"relative_key\"", ConfigErrorKind.UnsupportedFeature, "$.position_embedding_type", 13, 30, "\"relative_key\"")]
    [InlineData("\"torch_dtype\": \"float16\"", "\"torch_dtype\": 16", ConfigErrorKind.WrongValue, "$.torch_dtype", 13, 18, "16")]
    [InlineData("\"torch_dtype\"", "\"vocab_size\": 1, \"torch_dtype\"", ConfigErrorKind.DuplicateKey, "$.vocab_size", 15, 3, "\"vocab_size\" again")]
    [InlineData("\"vocab_size\": 8192", "\"vocabulary\": 8192", ConfigErrorKind.MissingKey, "$.vocab_size", 1, 1, "nothing")]
    public void Wrong_values_are_named_with_their_place(
        string before, string after, ConfigErrorKind kind, string path, int line, int column, string found)
    {
        Bert.ShouldContain(before);
        HuggingFaceConfigError[] errors = [.. HuggingFaceConfig.Parse(Bert.Replace(before, after)).Errors];
        errors.ShouldContain(e => e.Kind == kind && e.JsonPath == path && e.Line == line && e.Column == column && e.Found == found, string.Join("; ", errors.Select(e => e)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{} {}")]
    [InlineData("{ \"model_type\": \"\\ud800\" }")]
    [InlineData("{ \"a\": 01 }")]
    public void Text_that_is_no_json_object_is_refused(string text) => Single(text).Kind.ShouldBe(ConfigErrorKind.InvalidJson);

    [Fact]
    public void A_gap_in_the_labels_is_refused() =>
        Single(Bert.Replace("\"2\": \"c\", ", "")).ToString().ShouldBe("$.id2label at line 5, column 15: expected ids from 0 to 9, found no id 2, but id 3");

    [Fact]
    public void All_mistakes_are_reported_in_the_order_of_the_file()
    {
        HuggingFaceConfigResult result = HuggingFaceConfig.Parse(Bert.Replace("256", "\"x\"").Replace("64", "-").Replace("-,", "[],"));
        result.Config.ShouldBeNull();
        result.Errors.Select(e => e.JsonPath).ShouldBe(["$.hidden_size", "$.max_position_embeddings"]);
    }

    [Fact]
    public void A_byte_order_mark_and_the_culture_change_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        try
        {
            CultureInfo.CurrentCulture = comma;
            Parsed("\uFEFF" + Bert).ShouldBe(Parsed(Bert));
            Parsed(Bert.Replace("1e-5", "0.00001")).ShouldBe(Parsed(Bert));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Ten_thousand_damaged_files_are_answered_with_data()
    {
        const string damage = "{}[]\",:0-e\\\uD800 x";
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 10_000; i++)
        {
            char[] text = Bert.ToCharArray();
            for (int edits = random.Next(1, 4); edits > 0; edits--)
                text[random.Next(text.Length)] = damage[random.Next(damage.Length)];
            HuggingFaceConfigResult result = HuggingFaceConfig.Parse(new string(text, 0, random.Next(10) == 0 ? random.Next(text.Length) : text.Length));
            (result.Config is null).ShouldBe(result.Errors.Count > 0);
            refused += result.Errors.Count > 0 ? 1 : 0;
        }

        refused.ShouldBeInRange(5_000, 10_000);
    }

    [Fact]
    public void A_class_made_for_another_checkpoint_disagrees_key_by_key()
    {
        HuggingFaceConfig config = Parsed(Bert);
        Core.Spec.EncoderModel model = Models.Bert(256, 3, 4, 2048) with
        {
            VocabularySize = 8192, MaxPositions = 64, TokenTypes = 3, PadTokenId = 7, LayerNormEpsilon = 1e-5, Activation = ActivationFunction.GeluTanh, Labels = 11,
        };
        config.DisagreementsWith(model with { IntermediateSize = 1024 }).ShouldBeEmpty();
        config.DisagreementsWith(model).ShouldHaveSingleItem().ToString().ShouldBe("'intermediate_size' is 1024 in the configuration file and 2048 in the class");
        config.DisagreementsWith(model with { Layers = 2, Labels = 2 }).Select(d => d.Key).ShouldBe(["num_hidden_layers", "intermediate_size", "id2label"]);
    }

    private static HuggingFaceConfig Parsed(string json)
    {
        HuggingFaceConfigResult result = HuggingFaceConfig.Parse(json);
        result.Errors.ShouldBeEmpty();
        return result.Config.ShouldNotBeNull();
    }

    private static HuggingFaceConfigError Single(string json)
    {
        HuggingFaceConfigResult result = HuggingFaceConfig.Parse(json);
        result.Config.ShouldBeNull();
        return result.Errors.ShouldHaveSingleItem();
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ModelCompiler.sln")))
            folder = Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar))!;
        return folder;
    }
}
