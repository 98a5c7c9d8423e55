using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Conformance.Tests;

/// <summary>A case written as the attributes that would declare it, so that the compiler's own rules can judge it.</summary>
internal static class DeclaredCase
{
    public static ValidationResult Validate(ConformanceCase given) => SpecValidator.Validate(new EncoderSpec
    {
        Type = new("Cases", default, "Model", "Cases.Model", "class", IsPartial: true, Arity: 0, HasPrimaryConstructor: false),
        Host = new(ReferencesRuntime: true, LanguageVersion: 1400),
        Encoder = new()
        {
            Family = (int)given.Model.Family,
            Head = (int)given.Model.Head,
            HiddenSize = given.Model.HiddenSize,
            Layers = given.Model.Layers,
            AttentionHeads = given.Model.AttentionHeads,
            IntermediateSize = given.Model.IntermediateSize,
            VocabularySize = given.Model.VocabularySize,
            MaxPositions = given.Model.MaxPositions,
            TokenTypes = given.Model.TokenTypes,
            PadTokenId = given.Model.PadTokenId,
            LayerNormEpsilon = given.Model.LayerNormEpsilon,
            Activation = (int)given.Model.Activation,
            Labels = given.Model.Labels,
            NormalizeEmbedding = given.Model.NormalizeEmbedding,
        },
        Quantize = new([.. QuantizationScheme.Parts.Select(part => Quantize(part, given.Scheme[part]))]),
        Shapes = new(given.Shapes.TokenBuckets, given.Shapes.MaxSequence),
        Targets = new([.. Enum.GetValues<GpuArch>().Select(arch => (int)arch)]),
        HasTargets = true,
    });

    private static QuantizeArguments Quantize(EncoderPart part, LinearPrecision precision) => new(
        (int)Of(precision), (int)part, (int)precision.Weights.Symmetry, (int)precision.Activations.Symmetry, precision.Weights.GroupSize, (int)precision.Activations.Range,
        (int)precision.Weights.Sparsity);

    private static Precision Of(LinearPrecision precision) => (precision.Weights.Bits, precision.Activations.Bits) switch
    {
        (16, 16) => Precision.Fp16,
        (4, 16) => Precision.W4A16,
        (8, 8) => Precision.W8A8,
        (4, 8) => Precision.W4A8,
        (4, 4) => Precision.W4A4,
        var other => throw new ArgumentException($"No attribute declares {other} bits.", nameof(precision)),
    };
}
