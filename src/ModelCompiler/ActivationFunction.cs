namespace ModelCompiler;

/// <summary>Element-wise functions between the two MLP layers and in heads.</summary>
public enum ActivationFunction
{
    /// <summary>Not stated: taken from the configuration file.</summary>
    FromConfig = 0,

    /// <summary>GELU in the erf form: x · ½ · (1 + erf(x / √2)).</summary>
    Gelu,

    /// <summary>GELU in the tanh form (<c>gelu_new</c>).</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>Hyperbolic tangent; heads only.</summary>
    Tanh,
}
