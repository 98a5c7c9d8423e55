namespace ModelCompiler.Training.Optimization;

/// <summary>
/// Factor on the loss that keeps FP16 gradients from vanishing (Micikevicius et al., "Mixed precision training", ICLR
/// 2018): halved where a gradient is not finite, whose step is left out, and doubled after many good steps.
/// </summary>
public sealed class LossScale
{
    private const int StepsToDouble = 2000;

    /// <summary>The factor.</summary>
    public double Factor { get; set; } = 65536;

    /// <summary>Steps since it last changed.</summary>
    public int GoodSteps { get; set; }

    /// <summary>Notes how a step went.</summary>
    public void Update(bool finite)
    {
        GoodSteps = finite ? GoodSteps + 1 : 0;
        if (!finite)
            Factor /= 2;
        else if (GoodSteps % StepsToDouble == 0)
            Factor *= 2;
    }
}
