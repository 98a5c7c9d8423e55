using System.Buffers;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Runtime.Tests.Text;

public sealed class WordPieceTokenizerTests : IDisposable
{
    private static readonly WordPieceTokenizer Sample = WordPieceTokenizer.FromFolder(TestFiles.SampleModel);

    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Torture_texts_give_the_golden_ids()
    {
        Dictionary<string, int[]> golden = TortureGolden.Read();
        golden.Keys.ShouldBe(TortureTexts.All.Select(entry => entry.Name));
        foreach (var (name, text) in TortureTexts.All)
            Sample.Encode(text).ShouldBe(golden[name], name);
    }

    [Fact]
    public void A_vocabulary_file_gives_the_same_ids_as_tokenizer_json()
    {
        foreach (string name in (string[])["vocab.txt", "tokenizer_config.json"])
            File.Copy(Path.Combine(TestFiles.SampleModel, name), Path.Combine(_folder, name));
        var tokenizer = WordPieceTokenizer.FromFolder(_folder);
        tokenizer.ModelMaxLength.ShouldBe(64);
        tokenizer.VocabularySize.ShouldBe(8192);
        foreach (var (name, text) in TortureTexts.All)
            tokenizer.Encode(text).ShouldBe(Sample.Encode(text), name);
    }

    [Fact]
    public void Settings_of_the_folder_change_the_vocabulary_files_tokenizer()
    {
        WriteVocabulary("[PAD]", "[UNK]", "<s>", "</s>", "[MASK]", "Été", "ete", "été", "中文", "中", "文", "##文");
        WriteConfig("""
            {"do_lower_case": false, "tokenize_chinese_chars": false, "cls_token": "<s>", "model_max_length": 1e30,
             "sep_token": {"content": "</s>", "lstrip": false}, "tokenizer_class": "BertTokenizer"}
            """);
        var cased = WordPieceTokenizer.FromFolder(_folder);
        cased.ModelMaxLength.ShouldBeNull();
        cased.Encode("Été ete 中文").ShouldBe([2, 5, 6, 8, 3]);
        WriteConfig("""{"cls_token": "<s>", "sep_token": "</s>", "strip_accents": false}""");
        WordPieceTokenizer.FromFolder(_folder).Encode("Été 中文").ShouldBe([2, 7, 9, 10, 3]);
        WriteConfig("""{"cls_token": "<s>", "sep_token": "</s>"}""");
        WordPieceTokenizer.FromFolder(_folder).Encode("Été").ShouldBe([2, 6, 3]);
    }

    [Fact]
    public void Added_tokens_of_the_folder_are_found_in_the_text()
    {
        WriteVocabulary("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a");
        File.WriteAllText(Path.Combine(_folder, "added_tokens.json"), """{"New Token": 6}""");
        WriteConfig("""{"added_tokens_decoder": {"7": {"content": "<x>", "special": true}}}""");
        var tokenizer = WordPieceTokenizer.FromFolder(_folder);
        tokenizer.Encode("a new TOKEN a<x>a").ShouldBe([2, 5, 6, 5, 7, 5, 3]);
        tokenizer.VocabularySize.ShouldBe(8);
    }

    [Fact]
    public void A_single_word_token_does_not_match_inside_words()
    {
        string path = TokenizerVariants.Write(_folder, "single", root =>
        {
            TokenizerVariants.AddToken(root, 9000, "qzq", normalized: false);
            root["added_tokens"]![5]!["single_word"] = true;
        });
        var tokenizer = WordPieceTokenizer.FromTokenizerJson(path);
        tokenizer.Encode("qzq").ShouldBe([2, 9000, 3]);
        tokenizer.Encode("(qzq)").ShouldContain(9000);
        tokenizer.Encode("qzqc cqzq éqzq qzq1 qzq_").ShouldNotContain(9000);
    }

    [Fact]
    public void All_ways_to_encode_agree()
    {
        const string Text = "a small furry animal [MASK]";
        int[] ids = Sample.Encode(Text);
        var list = new List<int> { -1 };
        Sample.Encode(Text, list).ShouldBe(ids.Length);
        list.ToArray().ShouldBe([-1, .. ids]);
        var writer = new ArrayBufferWriter<int>();
        Sample.EncodeTo(writer, Text).ShouldBe(ids.Length);
        writer.WrittenSpan.ToArray().ShouldBe(ids);
        list.Clear();
        Sample.Encode(Text, list, addSpecialTokens: false);
        list.ToArray().ShouldBe(ids[1..^1]);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(7, 5)]
    [InlineData(8, 6)]
    [InlineData(100, 6)]
    public void A_text_is_cut_at_its_end_to_the_length(int maxLength, int textTokens)
    {
        var all = new List<int>();
        Sample.Encode("the of a in to or", all, addSpecialTokens: false).ShouldBe(6);
        var cut = new List<int>();
        Sample.Encode("the of a in to or", cut, maxLength: maxLength).ShouldBe(textTokens + 2);
        cut.ToArray().ShouldBe([2, .. all.Take(textTokens), 3]);
    }

    // The table of the reference's own test, for 7 tokens; texts of 0, 2, 4 and 8 tokens.
    [Theory]
    [InlineData(0, 2, 0, 2)]
    [InlineData(0, 8, 0, 7)]
    [InlineData(2, 2, 2, 2)]
    [InlineData(2, 4, 2, 4)]
    [InlineData(2, 8, 2, 5)]
    [InlineData(4, 2, 4, 2)]
    [InlineData(4, 4, 3, 4)]
    [InlineData(4, 8, 3, 4)]
    [InlineData(8, 0, 7, 0)]
    [InlineData(8, 2, 5, 2)]
    [InlineData(8, 4, 4, 3)]
    [InlineData(8, 8, 3, 4)]
    public void Of_a_pair_the_longer_text_is_cut_first(int first, int second, int firstLeft, int secondLeft)
    {
        var ids = new List<int>();
        var types = new List<int>();
        Sample.EncodePair(Words(first), Words(second), ids, types, addSpecialTokens: false, maxLength: 7);
        types.Count(type => type == 0).ShouldBe(firstLeft);
        types.Count(type => type == 1).ShouldBe(secondLeft);
        ids.Count.ShouldBe(types.Count);

        static string Words(int count) => string.Join(' ', Enumerable.Repeat("the", count));
    }

    [Fact]
    public void A_length_below_the_special_tokens_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Sample.Encode("a", [], maxLength: 1));
        Should.Throw<ArgumentOutOfRangeException>(() => Sample.EncodePair("a", "b", [], [], maxLength: 2));
        Sample.Encode("a").Length.ShouldBe(3);
    }

    [Fact]
    public void Truncation_of_tokenizer_json_applies_where_a_call_names_no_length()
    {
        string path = TokenizerVariants.Write(_folder, "truncation", root =>
        {
            root["truncation"] = System.Text.Json.Nodes.JsonNode.Parse(
                """{"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}""");
            root["padding"] = System.Text.Json.Nodes.JsonNode.Parse("""{"strategy": {"Fixed": 128}, "pad_id": 0}""");
        });
        var tokenizer = WordPieceTokenizer.FromTokenizerJson(path);
        tokenizer.TruncationLength.ShouldBe(4);
        tokenizer.Encode("the of a in").Length.ShouldBe(4);
        tokenizer.EncodeBatch(["the of a in", "the"]).Lengths.ShouldBe([4, 3]);
        tokenizer.EncodeBatch(["the of a in"], maxLength: 6).Lengths.ShouldBe([6]);
    }

    [Fact]
    public void A_batch_is_its_texts_one_after_the_other()
    {
        PackedBatch batch = Sample.EncodeBatch(["a small animal", "", "the"]);
        batch.Lengths.ShouldBe([5, 2, 3]);
        batch.TokenIds.ShouldBe([.. Sample.Encode("a small animal"), .. Sample.Encode(""), .. Sample.Encode("the")]);
        batch.TokenTypes.ShouldBe(new int[10]);
        PackedBatch pairs = Sample.EncodePairBatch([("the", "of a"), ("", "")]);
        pairs.Lengths.ShouldBe([6, 3]);
        pairs.TokenTypes.ShouldBe([0, 0, 0, 1, 1, 1, 0, 0, 1]);
        Should.Throw<ArgumentException>(() => Sample.EncodeBatch(["a", null!])).Message.ShouldContain("Text 1");
        Sample.EncodeBatch([]).Lengths.ShouldBeEmpty();
    }

    [Fact]
    public void Ids_decode_to_their_tokens()
    {
        Sample.Decode(Sample.Encode("the [MASK]")).ShouldBe(["[CLS]", "the", "[MASK]", "[SEP]"]);
        Sample.IdOf("[SEP]").ShouldBe(3);
        Sample.IdOf("no such token").ShouldBeNull();
        Should.Throw<ArgumentOutOfRangeException>(() => Sample.TokenOf(8192));
        Should.Throw<ArgumentOutOfRangeException>(() => Sample.Decode([-1]));
    }

    [Fact]
    public void Threads_that_share_a_tokenizer_get_the_ids_of_one()
    {
        int[][] expected = [.. TortureTexts.All.Select(entry => Sample.Encode(entry.Text))];
        Parallel.For(0, 64, _ =>
        {
            for (int i = 0; i < expected.Length; i++)
                Sample.Encode(TortureTexts.All[i].Text).ShouldBe(expected[i]);
        });
    }

    private void WriteVocabulary(params string[] tokens) =>
        File.WriteAllText(Path.Combine(_folder, "vocab.txt"), string.Join('\n', tokens) + "\n");

    private void WriteConfig(string json) => File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), json);
}
