using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests;

/// <summary>Encoders and precisions that the tests plan.</summary>
internal static class Models
{
    public static EncoderModel BertBase { get; } = Bert(768, 12, 12, 3072);

    public static EncoderModel BertLarge { get; } = Bert(1024, 24, 16, 4096);

    public static EncoderModel Small { get; } = Bert(256, 4, 4, 1024);

    public static EncoderModel Bert(int hidden, int layers, int heads, int intermediate) => new()
    {
        Family = EncoderFamily.Bert,
        Head = EncoderHead.SequenceClassifier,
        HiddenSize = hidden,
        Layers = layers,
        AttentionHeads = heads,
        IntermediateSize = intermediate,
        VocabularySize = 30522,
        MaxPositions = 512,
        TokenTypes = 2,
        PadTokenId = 0,
        LayerNormEpsilon = 1e-12,
        Activation = ActivationFunction.Gelu,
        Labels = 2,
    };

    public static QuantizationScheme Scheme(
        int weights, int activations, Symmetry symmetry = Symmetry.Symmetric, int group = 0, ActivationRange range = ActivationRange.PerToken) =>
        QuantizationScheme.Uniform(new(
            weights == 16 ? WeightFormat.Float16 : new(weights, symmetry, group),
            activations == 16 ? ActivationFormat.Float16 : new(activations, symmetry, range)));

    public static QuantizationScheme Sparse(int weights, int activations) => QuantizationScheme.Uniform(new(
        new(weights, Symmetry.Symmetric, 0, Sparsity.TwoOfFour), new(activations, Symmetry.Symmetric, ActivationRange.PerToken)));

    public static QuantizationScheme W4A4 => Scheme(4, 4);

    public static GpuArch[] Targets { get; } = [GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89, GpuArch.Sm90a];

    public static ShapeSet Shapes { get; } = new(new(16, 64, 128, 512, 1024, 4096, 16384), 512);
}
