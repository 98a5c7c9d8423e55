using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelCompiler.Core.Spec.Configuration;

/// <summary>
/// Reads <c>config.json</c>. Keys that the Hugging Face library fills in by itself get its defaults
/// (<c>layer_norm_eps</c> 1e-12, <c>hidden_act</c> gelu, <c>type_vocab_size</c> 2, <c>pad_token_id</c> 0, or 1 for RoBERTa);
/// every size must be there.
/// </summary>
internal sealed class HuggingFaceConfigParser
{
    private const int MaxDefaultLabels = 65_536;

    private readonly JsonEntry _root;
    private readonly JsonEntryReader _reader;
    private readonly List<HuggingFaceConfigError> _errors;

    private HuggingFaceConfigParser(JsonEntry root, JsonEntryReader reader, List<HuggingFaceConfigError> errors)
    {
        _root = root;
        _reader = reader;
        _errors = errors;
    }

    /// <summary>Parses the whole text.</summary>
    public static HuggingFaceConfigResult Parse(string json)
    {
        var errors = new List<HuggingFaceConfigError>();
        var reader = new JsonEntryReader(Encoding.UTF8.GetBytes(json.TrimStart('\uFEFF')), errors);
        HuggingFaceConfig? config = null;
        if (reader.Read() is { } root)
        {
            if (root.Kind == JsonTokenType.StartObject)
                config = new HuggingFaceConfigParser(root, reader, errors).ParseRoot();
            else
                errors.Add(new(ConfigErrorKind.InvalidJson, "$", 1, 1, "an object", root.Describe()));
        }

        return new(errors.Count == 0 ? config : null, errors.OrderBy(e => e.Line).ThenBy(e => e.Column).ToEquatableArray());
    }

    private HuggingFaceConfig? ParseRoot()
    {
        if (Text("model_type", required: true) is not { } modelType)
            return null;
        EncoderFamily family = modelType switch
        {
            "bert" => EncoderFamily.Bert,
            "roberta" or "xlm-roberta" => EncoderFamily.Roberta,
            "distilbert" => EncoderFamily.DistilBert,
            _ => EncoderFamily.FromConfig,
        };
        if (family == EncoderFamily.FromConfig)
        {
            Fail(ConfigErrorKind.UnsupportedFamily, _root.Find("model_type")!, "bert, roberta, xlm-roberta or distilbert");
            return null;
        }

        RefuseVariants();
        ConfigKeys keys = ConfigKeys.Of(family);
        string? architecture = Architecture();
        EncoderHead head = HeadOf(architecture);
        return new()
        {
            ModelType = modelType,
            Family = family,
            Architecture = architecture,
            Head = head,
            HiddenSize = Integer(keys.HiddenSize),
            Layers = Integer(keys.Layers),
            AttentionHeads = Integer(keys.AttentionHeads),
            IntermediateSize = Integer(keys.IntermediateSize),
            VocabularySize = Integer("vocab_size"),
            MaxPositions = Integer("max_position_embeddings"),
            TokenTypes = family == EncoderFamily.DistilBert ? 0 : Integer("type_vocab_size", absent: 2),
            PadTokenId = Integer("pad_token_id", absent: family == EncoderFamily.Roberta ? 1 : 0),
            LayerNormEpsilon = family == EncoderFamily.DistilBert ? 1e-12 : Number("layer_norm_eps", absent: 1e-12),
            Activation = Activation(keys.Activation),
            DataType = Text("dtype") ?? Text("torch_dtype"),
            LabelNames = Labels(head is EncoderHead.SequenceClassifier or EncoderHead.TokenClassifier),
        };
    }

    /// <summary>Options of the library that change the arithmetic and that no plan expresses.</summary>
    private void RefuseVariants()
    {
        if (_root.Find("position_embedding_type") is { Kind: not JsonTokenType.Null } positions && positions.Text != "absolute")
            Fail(ConfigErrorKind.UnsupportedFeature, positions, "\"absolute\"");
        foreach (string key in (string[])["is_decoder", "add_cross_attention"])
        {
            if (_root.Find(key) is { Kind: JsonTokenType.True } flag)
                Fail(ConfigErrorKind.UnsupportedFeature, flag, "false: the compiler has encoders only");
        }
    }

    private string? Architecture()
    {
        JsonEntry? list = Present("architectures");
        if (list is null)
            return null;
        if (list.Kind == JsonTokenType.StartArray && list.Items.Count == 0)
            return null;
        if (list.Kind == JsonTokenType.StartArray && list.Items[0].Kind == JsonTokenType.String)
            return list.Items[0].Text;
        Fail(ConfigErrorKind.WrongValue, list, "an array of strings");
        return null;
    }

    private static EncoderHead HeadOf(string? architecture)
    {
        bool EndsWith(string suffix) => architecture?.EndsWith(suffix, StringComparison.Ordinal) == true;
        return EndsWith("ForSequenceClassification") ? EncoderHead.SequenceClassifier
            : EndsWith("ForTokenClassification") ? EncoderHead.TokenClassifier
            : EndsWith("Model") ? EncoderHead.None
            : EncoderHead.FromConfig;
    }

    private ActivationFunction Activation(string key)
    {
        switch (Text(key) ?? "gelu")
        {
            case "gelu":
                return ActivationFunction.Gelu;
            case "gelu_new" or "gelu_pytorch_tanh":
                return ActivationFunction.GeluTanh;
            case "relu":
                return ActivationFunction.Relu;
            default:
                Fail(ConfigErrorKind.UnsupportedFeature, _root.Find(key)!, "gelu, gelu_new, gelu_pytorch_tanh or relu");
                return ActivationFunction.FromConfig;
        }
    }

    /// <summary>Label names by id. The library writes no <c>id2label</c> where it has two labels with default names.</summary>
    private EquatableArray<string> Labels(bool isClassifier)
    {
        if (Present("id2label") is { } map)
            return NamedLabels(map);
        int count = Integer("num_labels", absent: isClassifier ? 2 : 0);
        if (count is >= 0 and <= MaxDefaultLabels)
            return DefaultLabels(count);
        Fail(ConfigErrorKind.WrongValue, _root.Find("num_labels")!, $"a count from 0 to {MaxDefaultLabels}");
        return default;
    }

    /// <summary>The names that the Hugging Face library gives to labels without any.</summary>
    internal static EquatableArray<string> DefaultLabels(int count) =>
        Enumerable.Range(0, count).Select(i => "LABEL_" + i.ToString(CultureInfo.InvariantCulture)).ToEquatableArray();

    private EquatableArray<string> NamedLabels(JsonEntry map)
    {
        if (map.Kind != JsonTokenType.StartObject)
        {
            Fail(ConfigErrorKind.WrongValue, map, "an object from ids to names");
            return default;
        }

        var names = new SortedDictionary<int, string>();
        foreach (KeyValuePair<string, JsonEntry> member in map.Members)
        {
            if (member.Value.Kind != JsonTokenType.String)
                Fail(ConfigErrorKind.WrongValue, member.Value, "a string");
            else if (!int.TryParse(member.Key, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                Fail(ConfigErrorKind.WrongValue, member.Value, "an id from 0 as the key", $"\"{member.Key}\"");
            else
                names[id] = member.Value.Text!;
        }

        // The classifier has as many rows as there are entries, so an id past a gap would have no row.
        int expected = 0;
        foreach (int id in names.Keys)
        {
            if (id != expected)
            {
                Fail(ConfigErrorKind.LabelGap, map, $"ids from 0 to {names.Count - 1}", $"no id {expected}, but id {id}");
                return default;
            }

            expected++;
        }

        return names.Values.ToEquatableArray();
    }

    private JsonEntry? Present(string key) => _root.Find(key) is { Kind: not JsonTokenType.Null } entry ? entry : null;

    private string? Text(string key, bool required = false)
    {
        JsonEntry? entry = required ? Required(key, "a string") : Present(key);
        if (entry is null || entry.Kind == JsonTokenType.String)
            return entry?.Text;
        Fail(ConfigErrorKind.WrongValue, entry, "a string");
        return null;
    }

    /// <summary>A 32-bit integer; <paramref name="absent"/> where there is none, an error where that is null too.</summary>
    private int Integer(string key, int? absent = null)
    {
        JsonEntry? entry = absent is null ? Required(key, "an integer") : Present(key);
        if (entry is null)
            return absent ?? 0;
        if (entry.Kind == JsonTokenType.Number
            && int.TryParse(entry.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
            return value;
        Fail(ConfigErrorKind.WrongValue, entry, "a 32-bit integer");
        return 0;
    }

    private double Number(string key, double absent)
    {
        if (Present(key) is not { } entry)
            return absent;
        if (entry.Kind == JsonTokenType.Number
            && double.TryParse(entry.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && !double.IsInfinity(value))
            return value;
        Fail(ConfigErrorKind.WrongValue, entry, "a finite number");
        return absent;
    }

    private JsonEntry? Required(string key, string expected)
    {
        JsonEntry? entry = _root.Find(key);
        if (entry is null)
            _errors.Add(new(ConfigErrorKind.MissingKey, "$." + key, 1, 1, expected, "nothing"));
        return entry;
    }

    private void Fail(ConfigErrorKind kind, JsonEntry entry, string expected, string? found = null)
    {
        (int line, int column) = _reader.Place(entry.Offset);
        _errors.Add(new(kind, entry.Path, line, column, expected, found ?? entry.Describe()));
    }
}
