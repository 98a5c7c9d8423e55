namespace ModelCompiler.Generators;

/// <summary>Names of the generator's tracked steps, in the order of the data.</summary>
public static class GeneratorSteps
{
    /// <summary>Declarations as written: <c>EncoderSpec</c> without its configuration file.</summary>
    public const string Declarations = nameof(Declarations);

    /// <summary>Configuration paths that declarations name.</summary>
    public const string ConfigPaths = nameof(ConfigPaths);

    /// <summary>The project's directory.</summary>
    public const string ProjectDirectory = nameof(ProjectDirectory);

    /// <summary>Paths of JSON files among the AdditionalFiles.</summary>
    public const string JsonFiles = nameof(JsonFiles);

    /// <summary>Which of those files each declared path means.</summary>
    public const string ConfigMatches = nameof(ConfigMatches);

    /// <summary>Parsed configuration files that a declaration names.</summary>
    public const string Configs = nameof(Configs);

    /// <summary>Tuning databases that could be read, by path.</summary>
    public const string TuningFiles = nameof(TuningFiles);

    /// <summary>Valid declarations: everything that code is made from.</summary>
    public const string Encoders = nameof(Encoders);

    /// <summary>Names that differ from another in case alone.</summary>
    public const string CaseCollisions = nameof(CaseCollisions);

    /// <summary>Generated files.</summary>
    public const string Sources = nameof(Sources);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Declarations, ConfigPaths, ProjectDirectory, JsonFiles, ConfigMatches, Configs, TuningFiles, Encoders, CaseCollisions, Sources];
}
