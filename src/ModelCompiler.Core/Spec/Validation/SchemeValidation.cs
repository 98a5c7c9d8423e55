using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Core.Spec.Validation;

/// <summary>Resolves the precision of each part: FP16 where no <c>[Quantize]</c> names it, the last one that does elsewhere.</summary>
internal static class SchemeValidation
{
    public static QuantizationScheme? Resolve(EncoderSpec spec, EncoderModel? model, SpecErrorList errors)
    {
        QuantizationScheme scheme = QuantizationScheme.Float16;
        bool right = true;
        for (int i = 0; i < spec.Quantize.Count; i++)
        {
            QuantizeArguments given = spec.Quantize[i];
            var parts = (EncoderPart)given.Part;
            if (given.Part == 0 || (parts & ~EncoderPart.All) != 0)
            {
                errors.Add(QuantizationRules.PartsUnknown, SpecPlace.Quantize(i, "Part"), given.Part);
                right = false;
                continue;
            }

            if (spec.Quantize.Skip(i + 1).Any(later => later.Part == given.Part))
                errors.Add(QuantizationRules.PartsRepeated, SpecPlace.Quantize(i), parts);
            if (Precision(given, i, errors) is not { } precision)
            {
                right = false;
                continue;
            }

            right &= CheckGroups(given, parts, i, model, errors);
            scheme = With(scheme, parts, precision);
        }

        return right ? scheme : null;
    }

    private static LinearPrecision? Precision(QuantizeArguments given, int index, SpecErrorList errors)
    {
        bool right = true;
        void Fail(SpecRule rule, string argument, params object?[] arguments)
        {
            right = false;
            errors.Add(rule, SpecPlace.Quantize(index, argument), arguments);
        }

        var precision = (Precision)given.Precision;
        if (!Enum.IsDefined(typeof(Precision), precision))
            Fail(QuantizationRules.PrecisionNotDefined, "precision", given.Precision);
        if (!Enum.IsDefined(typeof(Symmetry), given.Weights))
            Fail(QuantizationRules.QuantizeValueNotDefined, "Weights", given.Weights, nameof(Symmetry));
        if (!Enum.IsDefined(typeof(Symmetry), given.Activations))
            Fail(QuantizationRules.QuantizeValueNotDefined, "Activations", given.Activations, nameof(Symmetry));
        if (!Enum.IsDefined(typeof(ActivationRange), given.Range))
            Fail(QuantizationRules.QuantizeValueNotDefined, "Range", given.Range, nameof(ActivationRange));
        if (!Enum.IsDefined(typeof(Sparsity), given.Sparsity))
            Fail(QuantizationRules.QuantizeValueNotDefined, "Sparsity", given.Sparsity, nameof(Sparsity));
        if (given.GroupSize is not (0 or 64 or 128))
            Fail(QuantizationRules.GroupSizeNotSupported, "GroupSize", given.GroupSize);
        if (!right)
            return null;

        (int weightBits, int activationBits) = precision switch
        {
            ModelCompiler.Precision.W4A16 => (4, 16),
            ModelCompiler.Precision.W8A8 => (8, 8),
            ModelCompiler.Precision.W4A8 => (4, 8),
            ModelCompiler.Precision.W4A4 => (4, 4),
            _ => (16, 16),
        };
        var weights = new WeightFormat(weightBits, (Symmetry)given.Weights, given.GroupSize, (Sparsity)given.Sparsity);
        var activations = new ActivationFormat(activationBits, (Symmetry)given.Activations, (ActivationRange)given.Range);
        bool asymmetric = weights.Symmetry == Symmetry.Asymmetric;
        if (!weights.IsQuantized && weights.GroupSize > 0)
            Fail(QuantizationRules.WeightOptionOnFp16, "GroupSize", "GroupSize", precision);
        if (!weights.IsQuantized && asymmetric)
            Fail(QuantizationRules.WeightOptionOnFp16, "Weights", "Weights = Symmetry.Asymmetric", precision);
        if (weights.IsQuantized && weights.GroupSize > 0 && asymmetric)
            Fail(QuantizationRules.GroupAsymmetric, "GroupSize", weights.GroupSize);
        if (weights.Sparsity == Sparsity.TwoOfFour && (!activations.IsQuantized || weights.GroupSize > 0 || asymmetric))
            Fail(QuantizationRules.SparsityNotSupported, "Sparsity", precision);
        if (!activations.IsQuantized && activations.Symmetry == Symmetry.Asymmetric)
            Fail(QuantizationRules.ActivationOptionOn16Bit, "Activations", "Activations = Symmetry.Asymmetric", precision);
        if (!activations.IsQuantized && activations.Range == ActivationRange.Static)
            Fail(QuantizationRules.ActivationOptionOn16Bit, "Range", "Range = ActivationRange.Static", precision);
        if (activations.IsQuantized && asymmetric && activations.Symmetry == Symmetry.Symmetric)
            Fail(QuantizationRules.AsymmetricWeightsAlone, "Weights", precision);
        return right ? new(weights, activations) : null;
    }

    private static bool CheckGroups(QuantizeArguments given, EncoderPart parts, int index, EncoderModel? model, SpecErrorList errors)
    {
        bool right = true;
        if (model is null || given.GroupSize == 0)
            return right;
        foreach (EncoderPart part in QuantizationScheme.Parts)
        {
            int inputs = part == EncoderPart.MlpOutput ? model.IntermediateSize : model.HiddenSize;
            if ((parts & part) == 0 || inputs % given.GroupSize == 0)
                continue;
            errors.Add(QuantizationRules.GroupDoesNotDivide, SpecPlace.Quantize(index, "GroupSize"), given.GroupSize, inputs, part);
            right = false;
        }

        return right;
    }

    private static QuantizationScheme With(QuantizationScheme scheme, EncoderPart parts, LinearPrecision precision)
    {
        LinearPrecision Choose(EncoderPart part) => (parts & part) != 0 ? precision : scheme[part];
        return new(
            Choose(EncoderPart.Qkv), Choose(EncoderPart.AttentionOutput), Choose(EncoderPart.MlpIntermediate), Choose(EncoderPart.MlpOutput));
    }
}
