namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about dimensions, MC02xx.</summary>
public static class DimensionRules
{
    /// <summary>MC0201.</summary>
    public static SpecRule DimensionsMissing { get; } = new("MC0201", "Dimensions are missing",
        "'{0}' has neither a configuration file nor {1}",
        "Name a configuration file, [Encoder(\"model/config.json\")], or spell out every dimension.");

    /// <summary>MC0202.</summary>
    public static SpecRule DimensionOutOfRange { get; } = new("MC0202", "Dimension is out of range",
        "{0} must be {1}, found {2}",
        "Zero, negative and absurdly large dimensions have no plan.");

    /// <summary>MC0203.</summary>
    public static SpecRule HeadsDoNotDivide { get; } = new("MC0203", "Heads do not divide the hidden size",
        "{0} attention heads do not divide the hidden size {1}",
        "Each head takes an equal share of the hidden size.");

    /// <summary>MC0204.</summary>
    public static SpecRule HeadSizeNotSupported { get; } = new("MC0204", "Head size is not supported",
        "The head size is {0} ({1} / {2}); supported are 16, 32, 64 and 128",
        "The attention kernels keep a head's row in whole tensor-core fragments.");

    /// <summary>MC0205.</summary>
    public static SpecRule SizeNotAligned { get; } = new("MC0205", "Size is not a multiple of 32",
        "{0} must be a multiple of 32, found {1}",
        "Packed INT4 rows are read in 16 bytes, which hold 32 codes.");

    /// <summary>MC0206.</summary>
    public static SpecRule LabelsMissing { get; } = new("MC0206", "Classifier without labels",
        "'{0}' is a {1}, but the number of labels is known neither from the configuration file nor from Labels",
        "The classifier's output has one column per label.");

    /// <summary>MC0207.</summary>
    public static SpecRule NormalizeWithoutEmbedding { get; } = new("MC0207", "NormalizeEmbedding without an embedding",
        "NormalizeEmbedding is for MeanEmbedding and ClsEmbedding, but the head is {0}",
        "Only embeddings are divided by their length.");

    /// <summary>MC0208.</summary>
    public static SpecRule ValueNotDefined { get; } = new("MC0208", "Value is not defined",
        "{0} is not a value of {1} that an encoder can have",
        "An enum value was cast from a number, or is for another place.");

    /// <summary>MC0209.</summary>
    public static SpecRule FamilyLacks { get; } = new("MC0209", "Family has no such part",
        "{0} has no {1}",
        "The checkpoint of such a model has no weights for it.");

    /// <summary>MC0210.</summary>
    public static SpecRule TooFewPositions { get; } = new("MC0210", "Too few positions",
        "{0} positions leave none for a token: the first position is {1}",
        "RoBERTa's positions start behind the padding id.");

    /// <summary>MC0211.</summary>
    public static SpecRule LabelsUnused { get; } = new("MC0211", "Labels without a classifier",
        "Labels is {0}, but the head {1} has no labels",
        "The number has no effect.",
        SpecSeverity.Warning);

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        DimensionsMissing, DimensionOutOfRange, HeadsDoNotDivide, HeadSizeNotSupported, SizeNotAligned, LabelsMissing,
        NormalizeWithoutEmbedding, ValueNotDefined, FamilyLacks, TooFewPositions, LabelsUnused,
    ];
}
