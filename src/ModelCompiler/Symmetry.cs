namespace ModelCompiler;

/// <summary>Whether a quantized range is centred on zero (scale only) or has a minimum of its own (scale and minimum).</summary>
public enum Symmetry
{
    /// <summary>Signed codes, value = scale · code.</summary>
    Symmetric = 0,

    /// <summary>Unsigned codes, value = scale · code + minimum.</summary>
    Asymmetric,
}
