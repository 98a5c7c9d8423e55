namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about the configuration file, MC01xx.</summary>
public static class ConfigRules
{
    /// <summary>MC0101.</summary>
    public static SpecRule ConfigNotFound { get; } = new("MC0101", "Configuration file is not an AdditionalFile",
        "'{0}' is not among the AdditionalFiles; JSON files there: {1}",
        "The generator reads no disk: the build hands it the files that the project lists as AdditionalFiles.");

    /// <summary>MC0102.</summary>
    public static SpecRule ConfigAmbiguous { get; } = new("MC0102", "Several AdditionalFiles fit the configuration path",
        "'{0}' fits several AdditionalFiles: {1}; write the path relative to the project",
        "Where no AdditionalFile has exactly that path, one whose path ends in it is taken, if there is only one.");

    /// <summary>MC0103.</summary>
    public static SpecRule ConfigNotJson { get; } = new("MC0103", "Configuration file is not valid JSON",
        "'{0}' line {1}, column {2}: expected {4}, found {5} at {3}",
        "The file must be a JSON object, as Hugging Face's save_pretrained writes it.");

    /// <summary>MC0104.</summary>
    public static SpecRule ConfigDuplicateKey { get; } = new("MC0104", "Configuration file has a key twice",
        "'{0}' line {1}, column {2}: {3} is there twice",
        "Which of two values counts differs between readers, so neither is taken.");

    /// <summary>MC0105.</summary>
    public static SpecRule ConfigMissingKey { get; } = new("MC0105", "Configuration file lacks a key",
        "'{0}' has no {3}: expected {4}",
        "Sizes have no defaults: a guess would fail when weights are loaded.");

    /// <summary>MC0106.</summary>
    public static SpecRule ConfigWrongValue { get; } = new("MC0106", "Configuration file has a value of the wrong type",
        "'{0}' line {1}, column {2}: {3} must be {4}, found {5}",
        "The value has another JSON type than the library writes, or does not fit the type.");

    /// <summary>MC0107.</summary>
    public static SpecRule ConfigFamilyNotSupported { get; } = new("MC0107", "Architecture of the configuration file is not supported",
        "'{0}' line {1}, column {2}: family not supported, expected {4}, found {5}",
        "The compiler plans encoders of the families BERT, RoBERTa, XLM-RoBERTa and DistilBERT.");

    /// <summary>MC0108.</summary>
    public static SpecRule ConfigFeatureNotSupported { get; } = new("MC0108", "Configuration file asks for an unsupported variant",
        "'{0}' line {1}, column {2}: {3} is {5}, supported is {4}",
        "The option changes the arithmetic in a way that no plan expresses; to ignore it would give wrong results.");

    /// <summary>MC0109.</summary>
    public static SpecRule ConfigLabelGap { get; } = new("MC0109", "Label ids have a gap",
        "'{0}' line {1}, column {2}: {3} must have {4}, found {5}",
        "A classifier has one row for each entry of id2label, so an id past a gap has no row.");

    /// <summary>MC0110.</summary>
    public static SpecRule ConfigHeadUnknown { get; } = new("MC0110", "Head is not given",
        "'{0}' names the architecture {1}, which says no head that is supported; set Head",
        "The head comes from 'architectures': *ForSequenceClassification, *ForTokenClassification or *Model. For another checkpoint, say which head is wanted.");

    /// <summary>MC0111.</summary>
    public static SpecRule ConfigDisagrees { get; } = new("MC0111", "Attribute and configuration file disagree",
        "{0} is {1}, but '{2}' has {3} for '{4}'",
        "A dimension that is given twice must be the same, or the class would not fit its checkpoint.");

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        ConfigNotFound, ConfigAmbiguous, ConfigNotJson, ConfigDuplicateKey, ConfigMissingKey, ConfigWrongValue,
        ConfigFamilyNotSupported, ConfigFeatureNotSupported, ConfigLabelGap, ConfigHeadUnknown, ConfigDisagrees,
    ];
}
