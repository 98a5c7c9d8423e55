using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Checks the resolved dimensions of an encoder.</summary>
internal static class DimensionValidation
{
    /// <summary>Most labels of a classifier.</summary>
    public const int MaxLabels = 65_536;

    /// <summary>Elements that hidden and intermediate size are multiples of: 16 bytes of INT4 codes.</summary>
    private const int Alignment = 32;

    // The bounds leave an order of magnitude above the largest published encoders, and keep every product of two
    // dimensions that the planner forms within 32 bits.
    private const int MaxHidden = 16_384, MaxIntermediate = 65_536, MaxLayers = 256, MaxVocabulary = 4_194_304, MaxPositions = 1_048_576;

    /// <summary>True where every dimension is right.</summary>
    public static bool Check(EncoderModel model, EncoderArguments given, SpecErrorList errors)
    {
        bool right = true;
        void Fail(SpecRule rule, string argument, params object?[] arguments)
        {
            right = false;
            errors.Add(rule, SpecPlace.Encoder(argument), arguments);
        }

        void Range(string argument, int value, int least, int most)
        {
            if (value < least || value > most)
                Fail(DimensionRules.DimensionOutOfRange, argument, argument, $"from {least} to {most}", value);
        }

        Range(nameof(given.HiddenSize), model.HiddenSize, 1, MaxHidden);
        Range(nameof(given.Layers), model.Layers, 1, MaxLayers);
        Range(nameof(given.AttentionHeads), model.AttentionHeads, 1, MaxHidden);
        Range(nameof(given.IntermediateSize), model.IntermediateSize, 1, MaxIntermediate);
        Range(nameof(given.VocabularySize), model.VocabularySize, 1, MaxVocabulary);
        Range(nameof(given.MaxPositions), model.MaxPositions, 1, MaxPositions);
        Range(nameof(given.TokenTypes), model.TokenTypes, 0, MaxPositions);
        Range(nameof(given.PadTokenId), model.PadTokenId, 0, Math.Max(0, model.VocabularySize - 1));
        if (!(model.LayerNormEpsilon > 0 && model.LayerNormEpsilon < 1))
            Fail(DimensionRules.DimensionOutOfRange, nameof(given.LayerNormEpsilon), nameof(given.LayerNormEpsilon), "between 0 and 1", model.LayerNormEpsilon);
        if (!right)
            return false;

        if (model.HiddenSize % model.AttentionHeads != 0)
            Fail(DimensionRules.HeadsDoNotDivide, nameof(given.AttentionHeads), model.AttentionHeads, model.HiddenSize);
        else if (model.HeadSize is not (16 or 32 or 64 or 128))
            Fail(DimensionRules.HeadSizeNotSupported, nameof(given.AttentionHeads), model.HeadSize, model.HiddenSize, model.AttentionHeads);
        if (model.HiddenSize % Alignment != 0)
            Fail(DimensionRules.SizeNotAligned, nameof(given.HiddenSize), nameof(given.HiddenSize), model.HiddenSize);
        if (model.IntermediateSize % Alignment != 0)
            Fail(DimensionRules.SizeNotAligned, nameof(given.IntermediateSize), nameof(given.IntermediateSize), model.IntermediateSize);
        if (model.MaxSequence < 1)
            Fail(DimensionRules.TooFewPositions, nameof(given.MaxPositions), model.MaxPositions, model.PositionOffset);
        if (model.NormalizeEmbedding && model.Head is not (EncoderHead.MeanEmbedding or EncoderHead.ClsEmbedding))
            Fail(DimensionRules.NormalizeWithoutEmbedding, nameof(given.NormalizeEmbedding), model.Head);
        if (model.Head == EncoderHead.Pooler && model.Family != EncoderFamily.Bert)
            Fail(DimensionRules.FamilyLacks, nameof(given.Head), model.Family, "pooler");
        if (model is { Family: EncoderFamily.DistilBert, TokenTypes: > 0 })
            Fail(DimensionRules.FamilyLacks, nameof(given.TokenTypes), model.Family, "token types");
        return right;
    }
}
