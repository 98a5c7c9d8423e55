using ModelCompiler.Core;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Tool.Output;

/// <summary>A quantization scheme in the words of <c>--precision</c>.</summary>
public static class PrecisionLabel
{
    /// <summary><c>w4a4</c> where all parts agree, else the parts in the order of a layer with <c>+</c> between them.</summary>
    public static string Of(QuantizationScheme scheme)
    {
        string[] parts = [.. QuantizationScheme.Parts.Select(p => Of(scheme[p]))];
        return parts.Distinct().Count() == 1 ? parts[0] : string.Join('+', parts);
    }

    private static string Of(LinearPrecision precision)
    {
        (WeightFormat weights, ActivationFormat activations) = precision;
        if (!weights.IsQuantized && !activations.IsQuantized)
            return "fp16";
        bool asymmetric = weights.Symmetry == Symmetry.Asymmetric || activations.Symmetry == Symmetry.Asymmetric;
        string group = weights.GroupSize > 0 ? $"-g{weights.GroupSize}" : "";
        string range = activations.IsQuantized && activations.Range == ActivationRange.Static ? "-static" : "";
        string sparse = weights.Sparsity == Sparsity.TwoOfFour ? "-2of4" : "";
        return $"w{weights.Bits}a{activations.Bits}{group}{sparse}{(asymmetric ? "-asymmetric" : "")}{range}";
    }
}
