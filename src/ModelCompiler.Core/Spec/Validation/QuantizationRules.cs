namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Rules about precisions, MC03xx.</summary>
public static class QuantizationRules
{
    /// <summary>MC0301.</summary>
    public static SpecRule PrecisionNotDefined { get; } = new("MC0301", "Precision is not defined",
        "{0} is not a value of Precision",
        "A precision was cast from a number.");

    /// <summary>MC0302.</summary>
    public static SpecRule GroupSizeNotSupported { get; } = new("MC0302", "Group size is not supported",
        "GroupSize must be 0, 64 or 128, found {0}",
        "0 means one scale per output row.");

    /// <summary>MC0303.</summary>
    public static SpecRule GroupDoesNotDivide { get; } = new("MC0303", "Group size does not divide the inputs",
        "Groups of {0} do not divide the {1} inputs of {2}",
        "Every group of a row is complete: kernels have no remainder.");

    /// <summary>MC0304.</summary>
    public static SpecRule GroupAsymmetric { get; } = new("MC0304", "Groups with asymmetric weights",
        "GroupSize {0} cannot be combined with asymmetric weights",
        "Asymmetric weights have one scale and one minimum per output row.");

    /// <summary>MC0305.</summary>
    public static SpecRule WeightOptionOnFp16 { get; } = new("MC0305", "Weight option on FP16 weights",
        "{0} has no meaning for {1}, whose weights are not quantized",
        "FP16 weights have neither groups nor a minimum.");

    /// <summary>MC0306.</summary>
    public static SpecRule ActivationOptionOn16Bit { get; } = new("MC0306", "Activation option on 16-bit activations",
        "{0} has no meaning for {1}, whose activations are 16 bits wide",
        "16-bit activations are not quantized.");

    /// <summary>MC0307.</summary>
    public static SpecRule PartsRepeated { get; } = new("MC0307", "Parts are set twice",
        "{0} is set again by a later [Quantize] for the same parts, so this one has no effect",
        "The last attribute for a part wins.",
        SpecSeverity.Warning);

    /// <summary>MC0308.</summary>
    public static SpecRule PartsUnknown { get; } = new("MC0308", "Part is not defined",
        "{0} is not a combination of parts of EncoderPart",
        "A part was cast from a number, or no part is named.");

    /// <summary>MC0309.</summary>
    public static SpecRule QuantizeValueNotDefined { get; } = new("MC0309", "Quantization option is not defined",
        "{0} is not a value of {1}",
        "An enum value was cast from a number.");

    /// <summary>MC0310.</summary>
    public static SpecRule AsymmetricWeightsAlone { get; } = new("MC0310", "Asymmetric weights with symmetric activations",
        "{0} with asymmetric weights needs asymmetric activations too",
        "The kernels have integer products for symmetric weights with either activations, and for asymmetric weights with asymmetric activations.");

    /// <summary>MC0311.</summary>
    public static SpecRule SparsityNotSupported { get; } = new("MC0311", "Sparsity needs integer products of symmetric weights",
        "Sparsity.TwoOfFour with {0} needs quantized activations and symmetric weights with one scale per output row",
        "Tensor cores leave out zeros of integer products, and a zero weight is a zero code in symmetric formats only.");

    /// <summary>All of them by rising id.</summary>
    public static IReadOnlyList<SpecRule> All { get; } =
    [
        PrecisionNotDefined, GroupSizeNotSupported, GroupDoesNotDivide, GroupAsymmetric, WeightOptionOnFp16,
        ActivationOptionOn16Bit, PartsRepeated, PartsUnknown, QuantizeValueNotDefined, AsymmetricWeightsAlone,
        SparsityNotSupported,
    ];
}
