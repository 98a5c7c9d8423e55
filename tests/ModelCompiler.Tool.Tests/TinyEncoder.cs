namespace ModelCompiler.Tool.Tests;

/// <summary>The class that the tool finds in this assembly: small, one target, one bucket.</summary>
[Encoder(
    Family = EncoderFamily.Bert, Head = EncoderHead.MeanEmbedding, HiddenSize = 64, Layers = 1, AttentionHeads = 2, IntermediateSize = 128,
    VocabularySize = 256, MaxPositions = 32, TokenTypes = 2, PadTokenId = 0, LayerNormEpsilon = 1e-12, Activation = ActivationFunction.Gelu)]
[Quantize(Precision.W8A8)]
[Shapes(Tokens = [32])]
[Targets(GpuArch.Sm80)]
public sealed partial class TinyEncoder;
