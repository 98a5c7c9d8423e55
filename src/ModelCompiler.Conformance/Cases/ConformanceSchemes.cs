using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>Every kind of precision that <c>[Quantize]</c> can declare, by name.</summary>
/// <remarks>
/// Names: <c>g64</c>, <c>g128</c> weight groups; <c>aa</c> asymmetric activations; <c>asym</c> asymmetric on both sides
/// (of the weights alone for w4a16); <c>static</c> calibrated activation ranges; <c>2of4</c> sparse weights.
/// </remarks>
internal static class ConformanceSchemes
{
    private const string SparseSuffix = "-2of4";

    /// <summary>All of them, in the order of the suite.</summary>
    public static IReadOnlyList<(string Name, QuantizationScheme Scheme)> All { get; } =
    [
        ("fp16", QuantizationScheme.Float16),
        .. Integer("w8a8", 8, 8),
        ("w8a8-asym-static", Uniform(8, 8, weights: Symmetry.Asymmetric, activations: Symmetry.Asymmetric, range: ActivationRange.Static)),
        .. Integer("w4a8", 4, 8),
        ("w4a8-g64-static", Uniform(4, 8, group: 64, range: ActivationRange.Static)),
        .. Integer("w4a4", 4, 4),
        ("w4a16", WeightOnly(Symmetry.Symmetric, 0)),
        ("w4a16-asym", WeightOnly(Symmetry.Asymmetric, 0)),
        ("w4a16-g64", WeightOnly(Symmetry.Symmetric, 64)),
        ("w4a16-g128", WeightOnly(Symmetry.Symmetric, 128)),
        ("mixed-a", new(
            Part(8, 8), LinearPrecision.Float16, Part(4, 4, weights: Symmetry.Asymmetric, activations: Symmetry.Asymmetric), Weights4(Symmetry.Symmetric, 0))),
        ("mixed-b", new(
            Weights4(Symmetry.Symmetric, 64), Part(4, 8, activations: Symmetry.Asymmetric, group: 64), LinearPrecision.Float16,
            Part(8, 8, range: ActivationRange.Static))),
        ("mixed-c", new(LinearPrecision.Float16, Part(4, 4), Part(8, 8, activations: Symmetry.Asymmetric), Part(4, 8, group: 64))),
    ];

    /// <summary>The scheme of a name; with <c>-2of4</c> behind it, that with sparse weights.</summary>
    public static QuantizationScheme Get(string name) => name.EndsWith(SparseSuffix, StringComparison.Ordinal)
        ? Sparse(Get(name[..^SparseSuffix.Length]))
        : All.Single(scheme => scheme.Name == name).Scheme;

    /// <summary>True where the weight groups divide the inputs of their parts.</summary>
    public static bool Fits(QuantizationScheme scheme, EncoderModel model) =>
        QuantizationScheme.Parts.All(part => scheme[part].Weights.GroupSize is var group
            && (group == 0 || (part == EncoderPart.MlpOutput ? model.IntermediateSize : model.HiddenSize) % group == 0));

    private static QuantizationScheme Sparse(QuantizationScheme dense)
    {
        LinearPrecision Part(LinearPrecision part) => part with { Weights = part.Weights with { Sparsity = Sparsity.TwoOfFour } };
        return new(Part(dense.Qkv), Part(dense.AttentionOutput), Part(dense.MlpIntermediate), Part(dense.MlpOutput));
    }

    private static IEnumerable<(string, QuantizationScheme)> Integer(string name, int weights, int activations) =>
    [
        (name, Uniform(weights, activations)),
        ($"{name}-aa", Uniform(weights, activations, activations: Symmetry.Asymmetric)),
        ($"{name}-asym", Uniform(weights, activations, Symmetry.Asymmetric, Symmetry.Asymmetric)),
        ($"{name}-g64", Uniform(weights, activations, group: 64)),
        ($"{name}-g128-aa", Uniform(weights, activations, activations: Symmetry.Asymmetric, group: 128)),
        ($"{name}-static", Uniform(weights, activations, range: ActivationRange.Static)),
        ($"{name}-aa-static", Uniform(weights, activations, activations: Symmetry.Asymmetric, range: ActivationRange.Static)),
    ];

    private static QuantizationScheme Uniform(
        int weightBits, int activationBits, Symmetry weights = Symmetry.Symmetric, Symmetry activations = Symmetry.Symmetric, int group = 0,
        ActivationRange range = ActivationRange.PerToken) =>
        QuantizationScheme.Uniform(Part(weightBits, activationBits, weights, activations, group, range));

    private static LinearPrecision Part(
        int weightBits, int activationBits, Symmetry weights = Symmetry.Symmetric, Symmetry activations = Symmetry.Symmetric, int group = 0,
        ActivationRange range = ActivationRange.PerToken) =>
        new(new(weightBits, weights, group), new(activationBits, activations, range));

    private static QuantizationScheme WeightOnly(Symmetry symmetry, int group) => QuantizationScheme.Uniform(Weights4(symmetry, group));

    private static LinearPrecision Weights4(Symmetry symmetry, int group) => new(new(4, symmetry, group), ActivationFormat.Float16);
}
