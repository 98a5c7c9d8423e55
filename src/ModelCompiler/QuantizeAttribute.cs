namespace ModelCompiler;

/// <summary>Sets the precision of linear parts. Later attributes override earlier ones for the parts that they name.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class QuantizeAttribute : Attribute
{
    /// <summary>Sets the precision of the parts in <see cref="Part"/>.</summary>
    /// <param name="precision">Weight and activation bits.</param>
    public QuantizeAttribute(Precision precision) => Precision = precision;

    /// <summary>Weight and activation bits.</summary>
    public Precision Precision { get; }

    /// <summary>The parts that this attribute is about; all four by default.</summary>
    public EncoderPart Part { get; set; } = EncoderPart.All;

    /// <summary>Symmetry of the weight codes.</summary>
    public Symmetry Weights { get; set; }

    /// <summary>Symmetry of the activation codes.</summary>
    public Symmetry Activations { get; set; }

    /// <summary>Inputs that share a weight scale: 64 or 128, or 0 for one scale per output row.</summary>
    public int GroupSize { get; set; }

    /// <summary>Zeros that the checkpoint's weights promise to have; loading one that breaks the promise fails.</summary>
    public Sparsity Sparsity { get; set; }

    /// <summary>Where the activation range comes from.</summary>
    public ActivationRange Range { get; set; }
}
