namespace ModelCompiler.Generators.Tests.Diagnostics;

public sealed class DimensionDiagnosticTests
{
    private static readonly DiagnosticCase[] s_cases =
    [
        new("MC0201", "'Model' has neither a configuration file nor Family, Head, Layers, AttentionHeads, IntermediateSize, VocabularySize, MaxPositions",
            "[{|Encoder(HiddenSize = 128)|}]" + DiagnosticCase.Tail),
        With("MC0202", "Layers must be from 1 to 256, found 0", "Layers = 2", "{|Layers = 0|}"),
        With("MC0202", "HiddenSize must be from 1 to 16384, found -128", "HiddenSize = 128", "{|HiddenSize = -128|}"),
        With("MC0202", "PadTokenId must be from 0 to 999, found 1000", "Layers = 2", "Layers = 2, {|PadTokenId = 1000|}"),
        With("MC0202", "LayerNormEpsilon must be between 0 and 1, found 0", "Layers = 2", "Layers = 2, {|LayerNormEpsilon = 0|}"),
        With("MC0202", "Labels must be from 1 to 65536, found 0", "EncoderHead.None", "EncoderHead.TokenClassifier, {|Labels = 0|}"),
        With("MC0203", "3 attention heads do not divide the hidden size 128", "AttentionHeads = 4", "{|AttentionHeads = 3|}"),
        With("MC0204", "The head size is 8 (128 / 16); supported are 16, 32, 64 and 128", "AttentionHeads = 4", "{|AttentionHeads = 16|}"),
        With("MC0205", "IntermediateSize must be a multiple of 32, found 500", "IntermediateSize = 512", "{|IntermediateSize = 500|}"),
        With("MC0205", "HiddenSize must be a multiple of 32, found 48", "HiddenSize = 128, Layers = 2, AttentionHeads = 4",
            "{|HiddenSize = 48|}, Layers = 2, AttentionHeads = 3"),
        new("MC0206", "'Model' is a SequenceClassifier, but the number of labels is known neither from the configuration file nor from Labels",
            "[{|Encoder(" + GeneratorHost.Dimensions.Replace("EncoderHead.None", "EncoderHead.SequenceClassifier") + ")|}]" + DiagnosticCase.Tail),
        With("MC0207", "NormalizeEmbedding is for MeanEmbedding and ClsEmbedding, but the head is None", "Layers = 2", "Layers = 2, {|NormalizeEmbedding = true|}"),
        With("MC0208", "77 is not a value of EncoderFamily that an encoder can have", "Family = EncoderFamily.Bert", "{|Family = (EncoderFamily)77|}"),
        With("MC0208", "-1 is not a value of EncoderHead that an encoder can have", "Head = EncoderHead.None", "{|Head = (EncoderHead)(-1)|}"),
        With("MC0208", "Tanh is not a value of ActivationFunction that an encoder can have", "Layers = 2", "Layers = 2, {|Activation = ActivationFunction.Tanh|}"),
        With("MC0209", "Roberta has no pooler", "Family = EncoderFamily.Bert, Head = EncoderHead.None", "Family = EncoderFamily.Roberta, {|Head = EncoderHead.Pooler|}"),
        With("MC0209", "DistilBert has no token types", "Family = EncoderFamily.Bert", "Family = EncoderFamily.DistilBert, {|TokenTypes = 2|}"),
        With("MC0210", "2 positions leave none for a token: the first position is 2",
            "Family = EncoderFamily.Bert", "Family = EncoderFamily.Roberta").Edit("MaxPositions = 64", "{|MaxPositions = 2|}"),
        With("MC0211", "Labels is 3, but the head None has no labels", "Layers = 2", "Layers = 2, {|Labels = 3|}"),
    ];

    public static TheoryData<int> Cases => new(Enumerable.Range(0, s_cases.Length));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Wrong_dimension_is_reported(int index) => s_cases[index].CheckAsync();

    private static DiagnosticCase With(string id, string message, string before, string after) =>
        new DiagnosticCase(id, message, "[Encoder(" + GeneratorHost.Dimensions + ")]" + DiagnosticCase.Tail).Edit(before, after);
}

file static class DiagnosticCaseExtensions
{
    public static DiagnosticCase Edit(this DiagnosticCase wrong, string before, string after)
    {
        wrong.Source.ShouldContain(before);
        return wrong with { Source = wrong.Source.Replace(before, after) };
    }
}
