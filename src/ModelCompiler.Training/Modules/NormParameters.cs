namespace ModelCompiler.Training.Modules;

/// <summary>Layer norm over the last dimension.</summary>
/// <param name="name">Name of the parameters' prefix.</param>
/// <param name="module">Checkpoint module without prefix.</param>
/// <param name="weight">γ, [H].</param>
/// <param name="bias">β, [H].</param>
/// <param name="epsilon">Added to the variance.</param>
public sealed class NormParameters(string name, string module, Tensor weight, Tensor bias, double epsilon) : IDisposable
{
    /// <summary>Checkpoint module without prefix.</summary>
    public string Module { get; } = module;

    /// <summary>γ, [H].</summary>
    public ModelParameter Weight { get; } = new($"{name}.weight", weight, decays: false);

    /// <summary>β, [H].</summary>
    public ModelParameter Bias { get; } = new($"{name}.bias", bias, decays: false);

    /// <summary>Normalises.</summary>
    /// <param name="input">[..., H].</param>
    public Tensor Forward(Tensor input) => ExecutorArithmetic.IsOn
        ? ExecutorArithmetic.LayerNorm(input, HalfStorage.Round(Weight.Value), HalfStorage.Round(Bias.Value), epsilon)
        : torch.nn.functional.layer_norm(input, [Weight.Count], HalfStorage.Round(Weight.Value), HalfStorage.Round(Bias.Value), epsilon);

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }
}
