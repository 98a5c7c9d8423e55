using System.Collections.Immutable;

namespace ModelCompiler.Runtime.Text;

/// <summary>Reads <c>tokenizer.json</c>, the file of Hugging Face's tokenizers library.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";

    public static TokenizerDefinition Read(string path) => JsonPlace.ReadFile(path, ReadRoot);

    private static TokenizerDefinition ReadRoot(JsonPlace root)
    {
        JsonPlace model = root.Child("model");
        RequireWordPiece(model);
        RequireType(root.Optional("pre_tokenizer"), "BertPreTokenizer");
        JsonPlace decoder = root.Optional("decoder");
        if (!decoder.IsNull)
            RequireType(decoder, "WordPiece");

        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in model.Child("vocab").Properties())
            vocabulary[token] = id.Count();
        var (single, pair) = ReadTemplates(root.Optional("post_processor"));
        return new TokenizerDefinition
        {
            Path = root.Path,
            Vocabulary = vocabulary,
            UnknownToken = model.Optional("unk_token").TextOr("[UNK]"),
            ContinuingPrefix = model.Optional("continuing_subword_prefix").TextOr("##"),
            MaxCharsPerWord = ReadMaxCharsPerWord(model.Optional("max_input_chars_per_word")),
            Normalizer = ReadNormalizer(root.Optional("normalizer")),
            AddedTokens = ReadAddedTokens(root.Optional("added_tokens"), vocabulary),
            Single = single,
            Pair = pair,
            TruncationLength = ReadTruncation(root.Optional("truncation")),
        };
        // "padding" adds tokens that the attention mask hides again; packed batches have none, so it changes nothing.
    }

    // Old files name no type; their vocabulary is an object and they have no merges.
    private static void RequireWordPiece(JsonPlace model)
    {
        JsonPlace type = model.Optional("type");
        if (type.IsNull)
        {
            if (!model.Optional("merges").IsNull)
                throw new TokenizerException(model.Path, "model", "WordPiece", "a model with merges (BPE)");
            if (model.Optional("continuing_subword_prefix").IsNull)
                throw new TokenizerException(model.Path, "model", "WordPiece", "a model without type");
        }
        else if (type.Text() != "WordPiece")
        {
            throw new TokenizerException(model.Path, "model.type", "WordPiece", $"'{type.Text()}'");
        }
    }

    private static void RequireType(JsonPlace place, string expected)
    {
        if (place.IsNull)
            throw new TokenizerException(place.Path, place.Name, expected, "nothing");
        string type = place.Child("type").Text();
        if (type != expected)
            throw new TokenizerException(place.Path, $"{place.Name}.type", expected, $"'{type}'");
    }

    private static int ReadMaxCharsPerWord(JsonPlace place) => place.IsNull ? 100 : place.Count();

    private static BertNormalizer ReadNormalizer(JsonPlace place)
    {
        if (place.IsNull)
            return BertNormalizer.None;
        RequireType(place, "BertNormalizer");
        return new BertNormalizer(
            place.Child("clean_text").Flag(),
            place.Child("handle_chinese_chars").Flag(),
            place.Optional("strip_accents").OptionalFlag(),
            place.Child("lowercase").Flag());
    }

    private static ImmutableArray<AddedToken> ReadAddedTokens(JsonPlace place, Dictionary<string, int> vocabulary)
    {
        if (place.IsNull)
            return [];
        var tokens = ImmutableArray.CreateBuilder<AddedToken>();
        foreach (JsonPlace item in place.Items())
        {
            string content = item.Child("content").Text();
            int id = item.Child("id").Count();
            if (vocabulary.TryGetValue(content, out int known) && known != id)
                throw new TokenizerException(
                    item.Path, item.Name, $"id {known} for '{content}', as in the vocabulary", $"{id}");
            bool special = item.Optional("special").FlagOr(false);
            tokens.Add(new AddedToken(
                id,
                content,
                item.Optional("single_word").FlagOr(false),
                item.Optional("lstrip").FlagOr(false),
                item.Optional("rstrip").FlagOr(false),
                item.Optional("normalized").FlagOr(!special),
                special));
        }

        return tokens.DrainToImmutable();
    }

    private static (TokenTemplate Single, TokenTemplate Pair) ReadTemplates(JsonPlace place)
    {
        if (place.IsNull)
            return (TokenTemplate.BareSingle, TokenTemplate.BarePair);
        string type = place.Child("type").Text();
        switch (type)
        {
            case "BertProcessing":
                int cls = ReadTokenAndId(place.Child("cls"));
                int sep = ReadTokenAndId(place.Child("sep"));
                return (TokenTemplate.BertSingle(cls, sep), TokenTemplate.BertPair(cls, sep));
            case "TemplateProcessing":
                var specials = new Dictionary<string, ImmutableArray<int>>(StringComparer.Ordinal);
                foreach (var (name, special) in place.Child("special_tokens").Properties())
                    specials[name] = [.. special.Child("ids").Items().Select(id => id.Count())];
                return (
                    ReadTemplate(place.Child("single"), specials, isPair: false),
                    ReadTemplate(place.Child("pair"), specials, isPair: true));
            default:
                throw new TokenizerException(
                    place.Path, "post_processor.type", "BertProcessing or TemplateProcessing", $"'{type}'");
        }
    }

    // ["[SEP]", 3]
    private static int ReadTokenAndId(JsonPlace place)
    {
        JsonPlace[] parts = [.. place.Items()];
        return parts.Length == 2 ? parts[1].Count() : throw place.Fail("a token and its id");
    }

    private static TokenTemplate ReadTemplate(
        JsonPlace place, Dictionary<string, ImmutableArray<int>> specials, bool isPair)
    {
        var pieces = ImmutableArray.CreateBuilder<TemplatePiece>();
        foreach (JsonPlace item in place.Items())
        {
            JsonPlace special = item.Optional("SpecialToken");
            if (!special.IsNull)
            {
                JsonPlace id = special.Child("id");
                if (!specials.TryGetValue(id.Text(), out ImmutableArray<int> ids))
                    throw id.Fail("a name of special_tokens");
                pieces.Add(TemplatePiece.Special(special.Child("type_id").Count(), ids));
                continue;
            }

            JsonPlace sequence = item.Child("Sequence");
            TemplateSlot slot = sequence.Child("id").Text() switch
            {
                "A" => TemplateSlot.First,
                "B" when isPair => TemplateSlot.Second,
                _ => throw sequence.Fail(isPair ? "sequence A or B" : "sequence A"),
            };
            pieces.Add(TemplatePiece.Text(slot, sequence.Child("type_id").Count()));
        }

        if (pieces.Count(piece => piece.Slot == TemplateSlot.First) != 1
            || pieces.Count(piece => piece.Slot == TemplateSlot.Second) != (isPair ? 1 : 0))
            throw place.Fail("each text once");
        return new TokenTemplate(pieces.DrainToImmutable());
    }

    private static int? ReadTruncation(JsonPlace place)
    {
        if (place.IsNull)
            return null;
        JsonPlace direction = place.Optional("direction");
        if (direction.TextOr("Right") != "Right")
            throw direction.Fail("'Right': texts are cut at their end");
        JsonPlace strategy = place.Optional("strategy");
        if (strategy.TextOr("LongestFirst") != "LongestFirst")
            throw strategy.Fail("'LongestFirst'");
        return place.Child("max_length").Count();
    }
}
