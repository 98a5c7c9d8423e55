using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Resolves the encoder's dimensions from attribute and configuration file, then checks them.</summary>
internal sealed class ModelValidation
{
    private readonly EncoderSpec _spec;
    private readonly HuggingFaceConfig? _config;
    private readonly SpecErrorList _errors;
    private readonly List<string> _missing = [];

    private ModelValidation(EncoderSpec spec, HuggingFaceConfig? config, SpecErrorList errors)
    {
        _spec = spec;
        _config = config;
        _errors = errors;
    }

    private EncoderArguments Given => _spec.Encoder;

    /// <summary>The model; null where a dimension is unknown or wrong.</summary>
    public static EncoderModel? Resolve(EncoderSpec spec, SpecErrorList errors)
    {
        HuggingFaceConfig? config = ConfigValidation.Read(spec, errors, out bool broken);
        return broken ? null : new ModelValidation(spec, config, errors).Resolve();
    }

    private EncoderModel? Resolve()
    {
        ConfigKeys keys = ConfigKeys.Of(_config?.Family ?? EncoderFamily.Bert);
        EncoderFamily? family = Family();
        EncoderHead? head = Head();
        int hidden = Size(nameof(EncoderArguments.HiddenSize), Given.HiddenSize, _config?.HiddenSize, keys.HiddenSize);
        int layers = Size(nameof(EncoderArguments.Layers), Given.Layers, _config?.Layers, keys.Layers);
        int heads = Size(nameof(EncoderArguments.AttentionHeads), Given.AttentionHeads, _config?.AttentionHeads, keys.AttentionHeads);
        int intermediate = Size(
            nameof(EncoderArguments.IntermediateSize), Given.IntermediateSize, _config?.IntermediateSize, keys.IntermediateSize);
        int vocabulary = Size(nameof(EncoderArguments.VocabularySize), Given.VocabularySize, _config?.VocabularySize, "vocab_size");
        int positions = Size(nameof(EncoderArguments.MaxPositions), Given.MaxPositions, _config?.MaxPositions, "max_position_embeddings");
        int types = Agreed(nameof(EncoderArguments.TokenTypes), Given.TokenTypes, _config?.TokenTypes, "type_vocab_size") ?? family switch
        {
            EncoderFamily.DistilBert => 0,
            EncoderFamily.Roberta => 1,
            _ => 2,
        };
        int pad = Agreed(nameof(EncoderArguments.PadTokenId), Given.PadTokenId, _config?.PadTokenId, "pad_token_id")
            ?? (family == EncoderFamily.Roberta ? 1 : 0);
        double epsilon = Agreed(nameof(EncoderArguments.LayerNormEpsilon), Given.LayerNormEpsilon, _config?.LayerNormEpsilon, "layer_norm_eps")
            ?? (family == EncoderFamily.Roberta ? 1e-5 : 1e-12);
        ActivationFunction? activation = Activation(keys.Activation);

        if (_missing.Count > 0)
            _errors.Add(DimensionRules.DimensionsMissing, SpecPlace.Encoder(), _spec.Type.Name, string.Join(", ", _missing));
        EquatableArray<string> labels = Labels(head);
        if (_missing.Count > 0 || family is null || head is null || activation is null)
            return null;

        var model = new EncoderModel
        {
            Family = family.Value,
            Head = head.Value,
            HiddenSize = hidden,
            Layers = layers,
            AttentionHeads = heads,
            IntermediateSize = intermediate,
            VocabularySize = vocabulary,
            MaxPositions = positions,
            TokenTypes = types,
            PadTokenId = pad,
            LayerNormEpsilon = epsilon,
            Activation = activation.Value,
            Labels = labels.Count,
            LabelNames = labels,
            NormalizeEmbedding = Given.NormalizeEmbedding,
        };
        return DimensionValidation.Check(model, _spec.Encoder, _errors) ? model : null;
    }

    private EncoderFamily? Family()
    {
        if (Given.Family is null or (int)EncoderFamily.FromConfig)
            return _config?.Family ?? Missing<EncoderFamily>(nameof(EncoderArguments.Family));
        var family = (EncoderFamily)Given.Family;
        if (!IsDefined(nameof(EncoderArguments.Family), family))
            return null;
        if (_config is not null && _config.Family != family)
            Disagree(nameof(EncoderArguments.Family), family, _config.ModelType, "model_type");
        return family;
    }

    private EncoderHead? Head()
    {
        if (Given.Head is null or (int)EncoderHead.FromConfig)
        {
            if (_config is null)
                return Missing<EncoderHead>(nameof(EncoderArguments.Head));
            if (_config.Head != EncoderHead.FromConfig)
                return _config.Head;
            _errors.Add(ConfigRules.ConfigHeadUnknown, SpecPlace.ConfigPath, Given.ConfigPath, _config.Architecture ?? "(none)");
            return null;
        }

        var head = (EncoderHead)Given.Head;
        if (!IsDefined(nameof(EncoderArguments.Head), head))
            return null;

        // Any head may be left off a checkpoint, but a classifier of tokens is none of sequences.
        if (IsClassifier(head) && _config is not null && IsClassifier(_config.Head) && head != _config.Head)
            Disagree(nameof(EncoderArguments.Head), head, _config.Architecture, "architectures");
        return head;
    }

    private ActivationFunction? Activation(string key)
    {
        if (Given.Activation is null or (int)ActivationFunction.FromConfig)
            return _config?.Activation ?? ActivationFunction.Gelu;
        var activation = (ActivationFunction)Given.Activation;
        if (activation == ActivationFunction.Tanh || !Enum.IsDefined(typeof(ActivationFunction), activation))
        {
            NotDefined(nameof(EncoderArguments.Activation), activation);
            return null;
        }

        if (_config is not null && _config.Activation != activation)
            Disagree(nameof(EncoderArguments.Activation), activation, _config.Activation, key);
        return activation;
    }

    private EquatableArray<string> Labels(EncoderHead? head)
    {
        EquatableArray<string> names = _config?.LabelNames ?? default;
        SpecPlace place = SpecPlace.Encoder(nameof(EncoderArguments.Labels));
        if (head is null)
            return default;
        if (!IsClassifier(head.Value))
        {
            if (Given.Labels is { } unused)
                _errors.Add(DimensionRules.LabelsUnused, place, unused, head);
            return default;
        }

        if (Given.Labels is { } labels)
        {
            if (labels is < 1 or > DimensionValidation.MaxLabels)
                _errors.Add(DimensionRules.DimensionOutOfRange, place, "Labels", $"from 1 to {DimensionValidation.MaxLabels}", labels);
            else if (names.Count == 0)
                return HuggingFaceConfigParser.DefaultLabels(labels);
            else if (names.Count != labels)
                Disagree(nameof(EncoderArguments.Labels), labels, $"{names.Count} labels", "id2label");
        }
        else if (names.Count == 0)
        {
            _errors.Add(DimensionRules.LabelsMissing, SpecPlace.Encoder(), _spec.Type.Name, head);
        }

        return names;
    }

    /// <summary>A size that must be known: 0 where it is not, and its name is put on the list.</summary>
    private int Size(string argument, int? given, int? config, string key)
    {
        if (Agreed(argument, given, config, key) is { } size)
            return size;
        _missing.Add(argument);
        return 0;
    }

    private T? Agreed<T>(string argument, T? given, T? config, string key)
        where T : struct
    {
        if (given is { } a && config is { } b && !a.Equals(b))
            Disagree(argument, a, b, key);
        return given ?? config;
    }

    private T? Missing<T>(string argument)
        where T : struct
    {
        _missing.Add(argument);
        return null;
    }

    private bool IsDefined<T>(string argument, T value)
        where T : struct
    {
        if (Enum.IsDefined(typeof(T), value))
            return true;
        NotDefined(argument, value);
        return false;
    }

    private void NotDefined<T>(string argument, T value) =>
        _errors.Add(DimensionRules.ValueNotDefined, SpecPlace.Encoder(argument), value, typeof(T).Name);

    private void Disagree(string argument, object given, object? config, string key) =>
        _errors.Add(ConfigRules.ConfigDisagrees, SpecPlace.Encoder(argument), argument, given, Given.ConfigPath, config, key);

    private static bool IsClassifier(EncoderHead head) => head is EncoderHead.SequenceClassifier or EncoderHead.TokenClassifier;
}
