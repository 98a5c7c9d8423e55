using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Weights.CompressedTensors;

namespace ModelCompiler.Runtime;

/// <summary>
/// Whether packed weights may run in a part of a plan. Their codes are what they are, so symmetry and groups must be the
/// plan's; int4 codes also run as int8 ones of the same value, and an FP16 part takes any, dequantized. Activations may
/// be wider than those that the weights were made for, never narrower. So one W4A4 checkpoint serves every partial
/// strategy of Wu et al. (2023), section 4.
/// </summary>
internal static class SchemeAgreement
{
    /// <exception cref="ModelMismatchException">Names the part, the plan's format and the folder's.</exception>
    public static void Require(string folder, LinearOp linear, QuantizationGroup group, int columns)
    {
        string part = $"{linear.Part} of layer {linear.Weight.Layer}";
        WeightFormat weights = linear.Precision.Weights;
        var stored = new WeightFormat(
            group.Weights.Bits,
            group.Weights.Symmetric ? Symmetry.Symmetric : Symmetry.Asymmetric,
            group.Weights.GroupSize is { } size && size != columns ? size : 0);
        // Zeros are looked for in the codes themselves.
        WeightFormat wanted = weights with { GroupSize = weights.GroupSize == columns ? 0 : weights.GroupSize, Sparsity = Sparsity.Dense };
        bool widens = wanted.Bits > stored.Bits && wanted with { Bits = stored.Bits } == stored;
        if (weights.IsQuantized && wanted != stored && !widens)
            throw new ModelMismatchException(folder, part, $"weights {wanted}", $"weights {stored}");

        ActivationFormat activations = linear.Precision.Activations;
        ActivationFormat made = group.InputActivations is { } inputs
            ? new(inputs.Bits, inputs.Symmetric ? Symmetry.Symmetric : Symmetry.Asymmetric, inputs.Dynamic ? ActivationRange.PerToken : ActivationRange.Static)
            : ActivationFormat.Float16;
        bool wider = activations.Bits > made.Bits;
        if (!wider && activations != made)
            throw new ModelMismatchException(folder, part, $"activations {activations}", $"weights made for activations {made}");
    }
}
