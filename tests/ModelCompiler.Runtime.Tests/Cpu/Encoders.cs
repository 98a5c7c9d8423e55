using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>Models and precisions of the executor's tests.</summary>
internal static class Encoders
{
    public static EncoderModel TinyBert { get; } = new()
    {
        Family = EncoderFamily.Bert, Head = EncoderHead.Pooler, HiddenSize = 128, Layers = 3, AttentionHeads = 4, IntermediateSize = 512,
        VocabularySize = 512, MaxPositions = 64, TokenTypes = 2, PadTokenId = 0, LayerNormEpsilon = 1e-12, Activation = ActivationFunction.Gelu,
    };

    public static EncoderModel TinyRoberta { get; } = new()
    {
        Family = EncoderFamily.Roberta, Head = EncoderHead.SequenceClassifier, HiddenSize = 96, Layers = 2, AttentionHeads = 3,
        IntermediateSize = 384, VocabularySize = 512, MaxPositions = 66, TokenTypes = 1, PadTokenId = 1, LayerNormEpsilon = 1e-12,
        Activation = ActivationFunction.Gelu, Labels = 4,
    };

    public static EncoderModel WordNet { get; } = new()
    {
        Family = EncoderFamily.Bert, Head = EncoderHead.SequenceClassifier, HiddenSize = 256, Layers = 4, AttentionHeads = 4,
        IntermediateSize = 1024, VocabularySize = 8192, MaxPositions = 64, TokenTypes = 2, PadTokenId = 0, LayerNormEpsilon = 1e-12,
        Activation = ActivationFunction.Gelu, Labels = 45,
    };

    /// <summary>Sizes that fit no vector or panel: head size 20, hidden size 100, intermediate size 212.</summary>
    public static EncoderModel Ragged { get; } = new()
    {
        Family = EncoderFamily.DistilBert, Head = EncoderHead.SequenceClassifier, HiddenSize = 100, Layers = 2, AttentionHeads = 5,
        IntermediateSize = 212, VocabularySize = 83, MaxPositions = 90, TokenTypes = 0, PadTokenId = 0, LayerNormEpsilon = 1e-12,
        Activation = ActivationFunction.GeluTanh, Labels = 7,
    };

    /// <summary>128 hidden, 256 intermediate: groups of 64 and 128 fit.</summary>
    public static EncoderModel Grouped { get; } = TinyBert with { Layers = 2, IntermediateSize = 256, Head = EncoderHead.TokenClassifier, Labels = 9 };

    public static LinearPrecision Integer(
        int weightBits, int activationBits, bool asymmetricWeights = false, bool asymmetricActivations = false, int group = 0, bool isStatic = false) =>
        new(new(weightBits, asymmetricWeights ? Symmetry.Asymmetric : Symmetry.Symmetric, group),
            new(activationBits, asymmetricActivations ? Symmetry.Asymmetric : Symmetry.Symmetric,
                isStatic ? ActivationRange.Static : ActivationRange.PerToken));

    public static LinearPrecision WeightOnly(bool asymmetric = false, int group = 0) =>
        new(new(4, asymmetric ? Symmetry.Asymmetric : Symmetry.Symmetric, group), ActivationFormat.Float16);

    /// <summary>Every kind of scheme that attributes can declare, by name.</summary>
    public static IReadOnlyDictionary<string, QuantizationScheme> Schemes { get; } = new Dictionary<string, QuantizationScheme>
    {
        ["fp16"] = QuantizationScheme.Float16,
        ["w8a8"] = QuantizationScheme.Uniform(Integer(8, 8)),
        ["w8a8 asymmetric"] = QuantizationScheme.Uniform(Integer(8, 8, true, true)),
        ["w8a8 asymmetric activations"] = QuantizationScheme.Uniform(Integer(8, 8, false, true)),
        ["w8a8 asymmetric weights"] = QuantizationScheme.Uniform(Integer(8, 8, true)),
        ["w8a8 static"] = QuantizationScheme.Uniform(Integer(8, 8, isStatic: true)),
        ["w8a8 static asymmetric"] = QuantizationScheme.Uniform(Integer(8, 8, false, true, isStatic: true)),
        ["w4a8"] = QuantizationScheme.Uniform(Integer(4, 8)),
        ["w4a8 group 64"] = QuantizationScheme.Uniform(Integer(4, 8, group: 64)),
        ["w4a8 group 128 asymmetric activations"] = QuantizationScheme.Uniform(Integer(4, 8, false, true, 128)),
        ["w4a4"] = QuantizationScheme.Uniform(Integer(4, 4)),
        ["w4a4 asymmetric"] = QuantizationScheme.Uniform(Integer(4, 4, true, true)),
        ["w4a16"] = QuantizationScheme.Uniform(WeightOnly()),
        ["w4a16 asymmetric"] = QuantizationScheme.Uniform(WeightOnly(true)),
        ["w4a16 group 64"] = QuantizationScheme.Uniform(WeightOnly(group: 64)),
        ["mixed"] = new(Integer(8, 8), LinearPrecision.Float16, Integer(4, 4, true, true), WeightOnly()),
    };

    /// <summary>Random ids in random sequences.</summary>
    public static (int[] Ids, int[] Lengths, int[] Types) Batch(EncoderModel model, int seed, params int[] lengths)
    {
        var random = new Random(seed);
        int tokens = lengths.Sum();
        int[] ids = Enumerable.Range(0, tokens).Select(_ => random.Next(model.VocabularySize)).ToArray();
        int[] types = model.TokenTypes == 0 ? [] : Enumerable.Range(0, tokens).Select(_ => random.Next(model.TokenTypes)).ToArray();
        return (ids, lengths, types);
    }
}
