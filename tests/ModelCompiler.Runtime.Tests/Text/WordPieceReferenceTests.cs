using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelCompiler.Runtime.Data;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Runtime.Tests.Text;

public sealed class WordPieceReferenceTests : IDisposable
{
    private static readonly string SampleJson = Path.Combine(TestFiles.SampleModel, "tokenizer.json");

    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer-variants-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PrerequisiteFact(Prerequisites.ReferenceTokenizer)]
    public void Torture_texts_give_the_ids_of_the_reference() =>
        ShouldAgree(SampleJson, TortureTexts.All.Select(entry => (entry.Text, (string?)null)));

    [PrerequisiteFact(Prerequisites.ReferenceTokenizer)]
    public void Pairs_of_torture_texts_give_the_ids_and_types_of_the_reference()
    {
        // The reference takes an empty second text for none.
        string[] texts = [.. TortureTexts.All.Select(entry => entry.Text)];
        ShouldAgree(SampleJson, texts.Zip(texts.Reverse(), (a, b) => (a, (string?)b)).Where(pair => pair.Item2 != ""));
    }

    [PrerequisiteFact(Prerequisites.ReferenceTokenizer | Prerequisites.WordNet)]
    public void Ten_thousand_definitions_give_the_ids_of_the_reference()
    {
        string[] texts = [.. WordNetDefinitions.Read(TestFiles.WordNet, DataSplit.Test).Take(10_000).Select(d => d.Text)];
        texts.Length.ShouldBe(10_000);
        ShouldAgree(SampleJson, texts.Select(text => (text, (string?)null)));
    }

    [PrerequisiteFact(Prerequisites.ReferenceTokenizer)]
    public void Golden_ids_are_those_of_the_reference()
    {
        ReferenceEncoding[] encodings = ReferenceTokenizer.Encode(
            SampleJson, TortureTexts.All.Select(entry => (entry.Text, (string?)null)));
        Dictionary<string, int[]> expected = TortureTexts.All
            .Zip(encodings)
            .ToDictionary(entry => entry.First.Name, entry => entry.Second.Ids);
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_UPDATE_SNAPSHOTS") == "1")
            TortureGolden.Write(expected);
        Dictionary<string, int[]> golden = TortureGolden.Read();
        golden.Keys.ShouldBe(expected.Keys);
        foreach (var (name, ids) in expected)
            golden[name].ShouldBe(ids, name);
    }

    public static IEnumerable<(string Name, Action<JsonNode> Change)> Variants()
    {
        yield return ("letters", _ => { });
        yield return ("cased", root => root["normalizer"]!["lowercase"] = false);
        yield return ("cased-stripped", root =>
        {
            root["normalizer"]!["lowercase"] = false;
            root["normalizer"]!["strip_accents"] = true;
        });
        yield return ("accents-kept", root => root["normalizer"]!["strip_accents"] = false);
        yield return ("ideographs-in-words", root => root["normalizer"]!["handle_chinese_chars"] = false);
        yield return ("not-cleaned", root => root["normalizer"]!["clean_text"] = false);
        yield return ("not-normalized", root => root["normalizer"] = null);
        yield return ("template", TokenizerVariants.UseTemplate);
        yield return ("no-special-tokens", root => root["post_processor"] = null);
        yield return ("short-words", root => root["model"]!["max_input_chars_per_word"] = 4);
        yield return ("added-tokens", root =>
        {
            TokenizerVariants.AddToken(root, 20_000, "animal kept", normalized: true);
            TokenizerVariants.AddToken(root, 20_001, "ÉTÉ", normalized: true, leftStrip: true);
            TokenizerVariants.AddToken(root, 20_002, "<tag>", normalized: false, leftStrip: true, rightStrip: true);
            TokenizerVariants.AddToken(root, 20_003, "<tag>s", normalized: false);
            TokenizerVariants.AddToken(root, 289, "small", normalized: true, rightStrip: true);
            TokenizerVariants.AddToken(root, 20_005, "small furry", normalized: true);
        });
    }

    [PrerequisiteFact(Prerequisites.ReferenceTokenizer)]
    public void Every_setting_gives_the_ids_of_the_reference_on_torture_and_random_texts()
    {
        var random = new Random(20261122);
        string[] texts =
        [
            .. TortureTexts.All.Select(entry => entry.Text),
            "a <tag> b <tag>s c<tag>d  <tag>  [MASK] été ete ÉTÉ etE\u0301  a small  furry animal kept smallfurry",
            .. Enumerable.Range(0, 1500).Select(_ => RandomText(random)),
        ];
        foreach (var (name, change) in Variants())
        {
            string path = TokenizerVariants.Write(_folder, name, root =>
            {
                TokenizerVariants.AddLetters(root);
                change(root);
            });
            ShouldAgree(path, texts.Select(text => (text, (string?)null)), name);
        }
    }

    private static void ShouldAgree(string path, IEnumerable<(string Text, string? Pair)> requests, string name = "sample")
    {
        (string Text, string? Pair)[] all = [.. requests];
        var tokenizer = WordPieceTokenizer.FromTokenizerJson(path);
        ReferenceEncoding[] expected = ReferenceTokenizer.Encode(path, all);
        expected.Length.ShouldBe(all.Length);
        for (int i = 0; i < all.Length; i++)
        {
            var ids = new List<int>();
            var types = new List<int>();
            if (all[i].Pair is { } pair)
                tokenizer.EncodePair(all[i].Text, pair, ids, types);
            else
                tokenizer.Encode(all[i].Text, ids);
            string units = string.Join(' ', (all[i].Text + "|" + all[i].Pair).Select(c => ((int)c).ToString("X4")));
            ids.ToArray().ShouldBe(expected[i].Ids, $"{name}: {units}");
            if (all[i].Pair is not null)
                types.ToArray().ShouldBe(expected[i].Types, $"{name}: {units}");
        }
    }

    // Blocks whose characters have long been assigned, so that .NET's and node's Unicode versions agree on them.
    private static readonly (int Begin, int End)[] Blocks =
    [
        (0x00, 0x7F), (0x20, 0x7E), (0x61, 0x7A), (0x80, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF),
        (0x386, 0x3CE), (0x3A3, 0x3A3), (0x400, 0x52F), (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0xF00, 0xFDA),
        (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20D0, 0x20F0), (0x2100, 0x214F), (0x24B6, 0x24E9),
        (0x302A, 0x302F), (0x3000, 0x30FF), (0x4E00, 0x4E40), (0xAC00, 0xD7A3), (0xF900, 0xFA2D), (0xFB00, 0xFB4F),
        (0xFE00, 0xFE0F), (0xFE50, 0xFE6F), (0xFF00, 0xFFEF), (0x10400, 0x1044F), (0x1D100, 0x1D1E8), (0x1D400, 0x1D7FF),
        (0x1F300, 0x1F64F), (0x20000, 0x20010), (0x2F800, 0x2FA1D), (0xE0000, 0xE007F), (0xD800, 0xDFFF),
    ];

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        int length = random.Next(1, 40);
        (int begin, int end) = Blocks[random.Next(Blocks.Length)];
        for (int i = 0; i < length; i++)
        {
            if (random.Next(4) == 0)
                (begin, end) = Blocks[random.Next(Blocks.Length)];
            int codePoint = random.Next(8) == 0 ? ' ' : random.Next(begin, end + 1);
            if (codePoint < 0x10000)
                text.Append((char)codePoint);
            else
                text.Append(char.ConvertFromUtf32(codePoint));
        }

        return text.ToString();
    }
}
