using System.Globalization;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Rendering;

/// <summary>C++ spellings of formats and numbers, as the headers in mc/ name them.</summary>
internal static class CudaText
{
    /// <summary><c>mc::QuantFormat</c> of a quantize step: bits, container bits, asymmetric, static.</summary>
    public static string Format(EpilogueOp.Quantize quantize) =>
        $"mc::QuantFormat<{quantize.Format.Bits}, {quantize.Container}, {Bool(quantize.Format.Symmetry == Symmetry.Asymmetric)}, "
        + $"{Bool(quantize.Format.Range == ActivationRange.Static)}>";

    /// <summary><c>mc::QuantFormat</c> of an epilogue's quantize step, or <c>mc::NoFormat</c>.</summary>
    public static string FormatOf(EpilogueSpec epilogue) =>
        epilogue.Ops.OfType<EpilogueOp.Quantize>().FirstOrDefault() is { } quantize ? Format(quantize) : "mc::NoFormat";

    /// <summary>What a quantize step writes, for a person.</summary>
    public static string Describe(EpilogueOp.Quantize quantize)
    {
        string sign = quantize.Format.Symmetry == Symmetry.Symmetric ? "s" : "u";
        string container = quantize.Container < 8 ? "two to a byte" : "one to a byte";
        string range = quantize.Format.Range == ActivationRange.Static ? "static range" : "range of each token";
        return $"{sign}{quantize.Format.Bits} codes, {container}, {range}";
    }

    /// <summary><c>mc::Operand</c> of codes, or of FP16 numbers.</summary>
    public static string Operand(bool quantized, int bits, Symmetry symmetry) =>
        quantized ? $"mc::Operand::k{(symmetry == Symmetry.Symmetric ? "S" : "U")}{bits}" : "mc::Operand::kF16";

    public static string Bool(bool value) => value ? "true" : "false";

    /// <summary>A float literal that reads back as the same fp32 value.</summary>
    public static string Float(double value)
    {
        string digits = ((float)value).ToString("G9", CultureInfo.InvariantCulture);
        return (digits.IndexOfAny(['.', 'E', 'e']) < 0 ? digits + ".0" : digits) + "f";
    }
}
