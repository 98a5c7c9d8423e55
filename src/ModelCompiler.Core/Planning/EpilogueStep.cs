using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Planning;

/// <summary>
/// One element-wise or row-wise step on the fp32 result of a fused op, applied in registers before anything is stored.
/// A closed set; an op's steps run in the order of its list.
/// </summary>
public abstract record EpilogueStep
{
    private protected EpilogueStep()
    {
    }

    /// <summary>True where the step needs the whole row at once.</summary>
    public virtual bool NeedsWholeRow => false;
}

/// <summary>y += bias[n].</summary>
/// <param name="Weight">The weight whose bias it is.</param>
public sealed record BiasStep(PlanWeight Weight) : EpilogueStep;

/// <summary>y = f(y).</summary>
/// <param name="Function">Element-wise function.</param>
public sealed record ActivationStep(ActivationFunction Function) : EpilogueStep;

/// <summary>y += residual[m, n], an FP16 buffer.</summary>
/// <param name="Buffer">Buffer id.</param>
public sealed record ResidualStep(int Buffer) : EpilogueStep;

/// <summary>y = (y - mean) / sqrt(variance + epsilon) · gamma[n] + beta[n], over the row.</summary>
/// <param name="Weight">Gamma and beta.</param>
/// <param name="Epsilon">Added to the variance.</param>
public sealed record LayerNormStep(PlanWeight Weight, double Epsilon) : EpilogueStep
{
    /// <inheritdoc/>
    public override bool NeedsWholeRow => true;

    /// <summary>The same text in every culture and runtime, because the plan's hash is made from it.</summary>
    public override string ToString() => $"LayerNorm({Weight}, {Invariant.Text(Epsilon)})";
}

/// <summary>Rounds y to the buffer's element type and stores it. The steps behind it go on with the unrounded y.</summary>
/// <param name="Buffer">Buffer id, FP16 or FP32.</param>
public sealed record StoreStep(int Buffer) : EpilogueStep;

/// <summary>Quantizes y and stores codes and row metadata.</summary>
/// <param name="Buffer">Buffer id, codes.</param>
/// <param name="Format">Code format.</param>
/// <param name="Consumer">The linear weight that reads the codes: a static range is stored beside it.</param>
public sealed record QuantizeStep(int Buffer, ActivationFormat Format, PlanWeight Consumer) : EpilogueStep
{
    /// <summary>A range per token is the row's; and asymmetric codes are stored with their sum over the row.</summary>
    public override bool NeedsWholeRow => Format.Range == ActivationRange.PerToken || Format.Symmetry == Symmetry.Asymmetric;
}
