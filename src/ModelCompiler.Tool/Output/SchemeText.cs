using ModelCompiler.Core.Spec;

namespace ModelCompiler.Tool.Output;

/// <summary>A quantization scheme in one line.</summary>
public static class SchemeText
{
    /// <summary><c>ws4_as4</c> where all parts agree, else each part with its own.</summary>
    public static string Of(QuantizationScheme scheme) =>
        QuantizationScheme.Parts.All(p => scheme[p] == scheme.Qkv)
            ? scheme.Qkv.ToString()
            : string.Join(", ", QuantizationScheme.Parts.Select(p => $"{p} {scheme[p]}"));
}
