using System.Text.Json.Nodes;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Runtime.Tests.Text;

public sealed class TokenizerErrorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string, string> Changes() => new()
    {
        { """{"model": {"type": "BPE", "vocab": {}, "merges": []}}""", "model.type", "'BPE'" },
        { """{"model": {"type": "Unigram", "vocab": []}}""", "model.type", "'Unigram'" },
        { """{"model": {"vocab": {}, "merges": []}}""", "model", "a model with merges (BPE)" },
        { """{"model": null}""", "model", "nothing" },
        { """{"normalizer": {"type": "NFC"}}""", "normalizer.type", "'NFC'" },
        { """{"normalizer": {"type": "BertNormalizer", "clean_text": true}}""", "normalizer", "nothing" },
        { """{"pre_tokenizer": {"type": "ByteLevel"}}""", "pre_tokenizer.type", "'ByteLevel'" },
        { """{"pre_tokenizer": null}""", "pre_tokenizer", "nothing" },
        { """{"decoder": {"type": "ByteLevel"}}""", "decoder.type", "'ByteLevel'" },
        { """{"post_processor": {"type": "RobertaProcessing"}}""", "post_processor.type", "'RobertaProcessing'" },
        { """{"post_processor": {"type": "BertProcessing", "sep": ["[SEP]"], "cls": ["[CLS]", 2]}}""", "post_processor.sep", """["[SEP]"]""" },
        { """{"truncation": {"direction": "Left", "max_length": 4}}""", "truncation.direction", "\"Left\"" },
        { """{"truncation": {"strategy": "OnlyFirst", "max_length": 4}}""", "truncation.strategy", "\"OnlyFirst\"" },
        { """{"truncation": {"max_length": -1}}""", "truncation.max_length", "-1" },
        { """{"added_tokens": [{"id": 7, "content": "[MASK]"}]}""", "added_tokens[0]", "7" },
        { """{"added_tokens": [{"id": 1.5, "content": "x"}]}""", "added_tokens[0].id", "1.5" },
        { """{"added_tokens": {}}""", "added_tokens", "{}" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_tokenizer_json_that_cannot_be_run_is_refused_with_its_place(string change, string what, string found)
    {
        string path = TokenizerVariants.Write(_folder, "bad", root =>
        {
            foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
                root[name] = value?.DeepClone();
        });
        var error = Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromTokenizerJson(path));
        error.Path.ShouldBe(path);
        error.What.ShouldBe(what);
        error.Found.ShouldBe(found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"model": {"type": "\ud800"}}""")]
    public void A_file_that_is_no_tokenizer_is_refused(string json)
    {
        string path = Path.Combine(_folder, "tokenizer.json");
        File.WriteAllText(path, json);
        Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromFolder(_folder)).Path.ShouldBe(path);
    }

    [Fact]
    public void A_vocabulary_without_the_unknown_token_is_refused()
    {
        string path = TokenizerVariants.Write(_folder, "bad", root => root["model"]!["unk_token"] = "<unk>");
        Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromTokenizerJson(path)).Expected
            .ShouldBe("the unknown token '<unk>'");
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "RobertaTokenizer"}""", "tokenizer_class")]
    [InlineData("""{"do_basic_tokenize": false}""", "do_basic_tokenize")]
    [InlineData("""{"do_lower_case": "yes"}""", "do_lower_case")]
    [InlineData("""{"model_max_length": 0}""", "model_max_length")]
    [InlineData("""{"cls_token": "<s>"}""", "vocabulary")]
    public void A_tokenizer_config_that_cannot_be_run_is_refused(string config, string what)
    {
        File.WriteAllText(Path.Combine(_folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n");
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromFolder(_folder)).What.ShouldBe(what);
    }

    [Fact]
    public void A_vocabulary_that_is_not_UTF8_is_refused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "vocab.txt"), [0xFF, 0xFE]);
        Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromFolder(_folder)).Expected.ShouldBe("valid UTF-8");
    }

    [Fact]
    public void A_folder_without_a_tokenizer_says_what_was_found()
    {
        Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromFolder(_folder)).Found.ShouldBe("neither");
        File.WriteAllText(Path.Combine(_folder, "merges.txt"), "");
        Should.Throw<TokenizerException>(() => WordPieceTokenizer.FromFolder(_folder)).Found
            .ShouldBe("merges.txt (another kind of tokenizer)");
        Should.Throw<DirectoryNotFoundException>(() => WordPieceTokenizer.FromFolder(Path.Combine(_folder, "none")));
    }
}
