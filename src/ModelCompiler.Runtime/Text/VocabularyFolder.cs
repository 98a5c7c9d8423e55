using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ModelCompiler.Runtime.Text;

/// <summary>
/// Reads the older layout: <c>vocab.txt</c>, one token a line, with <c>tokenizer_config.json</c> and
/// <c>added_tokens.json</c> beside it where they exist. Defaults are those of BERT's tokenizer.
/// </summary>
internal static class VocabularyFolder
{
    public const string VocabularyFileName = "vocab.txt";
    public const string ConfigFileName = "tokenizer_config.json";
    public const string AddedTokensFileName = "added_tokens.json";

    // Tokenizer classes that are BERT's under another name.
    private static readonly string[] BertClasses =
        ["Bert", "DistilBert", "Electra", "MobileBert", "ConvBert", "SqueezeBert", "LayoutLM", "RetriBert", "DPR"];

    private static readonly string[] GenericClasses = ["PreTrainedTokenizerFast", "TokenizersBackend"];

    public static TokenizerDefinition Read(string folder)
    {
        string vocabularyPath = Path.Combine(folder, VocabularyFileName);
        Dictionary<string, int> vocabulary = ReadVocabulary(vocabularyPath);
        string configPath = Path.Combine(folder, ConfigFileName);
        string addedPath = Path.Combine(folder, AddedTokensFileName);
        List<AddedToken> plain = File.Exists(addedPath) ? JsonPlace.ReadFile(addedPath, ReadAddedTokens) : [];
        if (File.Exists(configPath))
            return JsonPlace.ReadFile(configPath, root => Define(root, vocabularyPath, vocabulary, plain));
        using JsonDocument empty = JsonDocument.Parse("{}");
        return Define(new JsonPlace(vocabularyPath, "file", empty.RootElement), vocabularyPath, vocabulary, plain);
    }

    /// <summary>The <c>model_max_length</c> of a folder's <c>tokenizer_config.json</c>; null if there is none.</summary>
    public static int? ReadModelMaxLength(string folder)
    {
        string path = Path.Combine(folder, ConfigFileName);
        return File.Exists(path) ? JsonPlace.ReadFile(path, ModelMaxLength) : null;
    }

    private static Dictionary<string, int> ReadVocabulary(string path)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException e)
        {
            throw new TokenizerException(path, "file", "valid UTF-8", e.Message, e);
        }

        // Only '\n' ends a line: some vocabularies hold other line separators as tokens.
        string[] lines = text.Split('\n');
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        var vocabulary = new Dictionary<string, int>(count, StringComparer.Ordinal);
        for (int id = 0; id < count; id++)
            vocabulary[lines[id].TrimEnd('\r')] = id; // of equal lines the last counts
        return vocabulary;
    }

    private static TokenizerDefinition Define(
        JsonPlace config, string vocabularyPath, Dictionary<string, int> vocabulary, List<AddedToken> plain)
    {
        RequireBert(config);
        string unknown = SpecialToken(config, "unk_token", "[UNK]");
        var special = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (string name in (string[])
            [unknown, SpecialToken(config, "sep_token", "[SEP]"), SpecialToken(config, "pad_token", "[PAD]"),
                SpecialToken(config, "cls_token", "[CLS]"), SpecialToken(config, "mask_token", "[MASK]")])
        {
            if (vocabulary.TryGetValue(name, out int id))
                special[name] = AddedToken.SpecialToken(id, name);
        }

        foreach (AddedToken token in ReadAddedTokensDecoder(config.Optional("added_tokens_decoder")))
            special[token.Content] = token;
        int cls = IdOf(SpecialToken(config, "cls_token", "[CLS]"));
        int sep = IdOf(SpecialToken(config, "sep_token", "[SEP]"));
        return new TokenizerDefinition
        {
            Path = vocabularyPath,
            Vocabulary = vocabulary,
            UnknownToken = unknown,
            ContinuingPrefix = "##",
            MaxCharsPerWord = 100,
            Normalizer = new BertNormalizer(
                CleanText: true,
                config.Optional("tokenize_chinese_chars").FlagOr(true),
                config.Optional("strip_accents").OptionalFlag(),
                config.Optional("do_lower_case").FlagOr(true)),
            AddedTokens = [.. special.Values, .. plain.Where(token => !special.ContainsKey(token.Content))],
            Single = TokenTemplate.BertSingle(cls, sep),
            Pair = TokenTemplate.BertPair(cls, sep),
            ModelMaxLength = ModelMaxLength(config),
        };

        int IdOf(string token)
        {
            if (special.TryGetValue(token, out AddedToken? added))
                return added.Id;
            throw new TokenizerException(vocabularyPath, "vocabulary", $"the special token '{token}'", "no such line");
        }
    }

    private static void RequireBert(JsonPlace config)
    {
        if (!config.Optional("do_basic_tokenize").FlagOr(true))
            throw config.Optional("do_basic_tokenize").Fail("true");
        JsonPlace className = config.Optional("tokenizer_class");
        if (className.IsNull)
            return;
        string name = className.Text();
        if (!GenericClasses.Contains(name)
            && !BertClasses.Any(bert => name == $"{bert}Tokenizer" || name == $"{bert}TokenizerFast"))
            throw className.Fail("BERT's tokenizer or one of its kin");
    }

    // A string, or an object with "content".
    private static string SpecialToken(JsonPlace config, string property, string fallback)
    {
        JsonPlace place = config.Optional(property);
        if (place.Value.ValueKind == JsonValueKind.Object)
            return place.Child("content").Text();
        return place.TextOr(fallback);
    }

    // {"100": {"content": "[UNK]", "lstrip": false, ...}}
    private static List<AddedToken> ReadAddedTokensDecoder(JsonPlace place)
    {
        if (place.IsNull)
            return [];
        var tokens = new List<AddedToken>();
        foreach (var (key, token) in place.Properties())
        {
            if (!int.TryParse(key, System.Globalization.NumberStyles.None, null, out int id))
                throw token.Fail("a token id as its key");
            bool special = token.Optional("special").FlagOr(false);
            tokens.Add(new AddedToken(
                id,
                token.Child("content").Text(),
                token.Optional("single_word").FlagOr(false),
                token.Optional("lstrip").FlagOr(false),
                token.Optional("rstrip").FlagOr(false),
                token.Optional("normalized").FlagOr(!special),
                special));
        }

        return tokens;
    }

    // {"token": 30522}
    private static List<AddedToken> ReadAddedTokens(JsonPlace root) =>
        [.. root.Properties().Select(entry =>
            new AddedToken(entry.Value.Count(), entry.Key, false, false, false, Normalized: true, Special: false))];

    // Files without a limit write 1e30.
    private static int? ModelMaxLength(JsonPlace config)
    {
        JsonPlace place = config.Optional("model_max_length");
        if (place.IsNull)
            return null;
        if (place.Value.ValueKind != JsonValueKind.Number || !place.Value.TryGetDouble(out double length) || length < 1)
            throw place.Fail("a length");
        return length <= int.MaxValue ? (int)length : null;
    }
}
