namespace ModelCompiler.Core.Spec.Configuration;

/// <summary>A parsed <c>config.json</c>, or what is wrong with it.</summary>
/// <param name="Config">The configuration; null where there is an error.</param>
/// <param name="Errors">Every error that was found, in the order of the file.</param>
public sealed record HuggingFaceConfigResult(HuggingFaceConfig? Config, EquatableArray<HuggingFaceConfigError> Errors);

/// <summary>What kind of thing is wrong in a <c>config.json</c>.</summary>
public enum ConfigErrorKind
{
    /// <summary>The text is not JSON, or its root is not an object.</summary>
    InvalidJson,

    /// <summary>A key occurs twice in one object.</summary>
    DuplicateKey,

    /// <summary>A key that has no default is absent.</summary>
    MissingKey,

    /// <summary>A value has the wrong type or does not fit.</summary>
    WrongValue,

    /// <summary><c>model_type</c> is no encoder that the compiler knows.</summary>
    UnsupportedFamily,

    /// <summary>A value asks for a variant of the architecture that the compiler does not have.</summary>
    UnsupportedFeature,

    /// <summary>The ids of <c>id2label</c> are not 0, 1, 2 and so on.</summary>
    LabelGap,
}

/// <summary>One thing that is wrong in a <c>config.json</c>.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="JsonPath">Where in the document, such as <c>$.hidden_size</c>.</param>
/// <param name="Line">Line in the text, from 1.</param>
/// <param name="Column">Column in UTF-16 code units, from 1.</param>
/// <param name="Expected">What would be right.</param>
/// <param name="Found">What is there.</param>
public sealed record HuggingFaceConfigError(ConfigErrorKind Kind, string JsonPath, int Line, int Column, string Expected, string Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{JsonPath} at line {Line}, column {Column}: expected {Expected}, found {Found}";
}
