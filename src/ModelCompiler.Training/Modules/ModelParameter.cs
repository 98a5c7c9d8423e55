namespace ModelCompiler.Training.Modules;

/// <summary>A tensor that training changes.</summary>
/// <param name="name">Unique in its model; the same in every run, because checkpoints of training are ordered by it.</param>
/// <param name="value">fp32 leaf; gradients are asked for.</param>
/// <param name="decays">True where weight decay applies: matrices, but no biases, norms and clip values.</param>
public sealed class ModelParameter(string name, Tensor value, bool decays) : IDisposable
{
    /// <summary>Unique in its model.</summary>
    public string Name { get; } = name;

    /// <summary>The leaf. The optimizer replaces it once by a view of its own flat buffer, so do not keep it.</summary>
    public Tensor Value { get; private set; } = value.requires_grad_(true);

    /// <summary>True where weight decay applies.</summary>
    public bool Decays { get; } = decays;

    /// <summary>Number of elements.</summary>
    public long Count => Value.numel();

    /// <summary>Moves the parameter into other storage of the same shape.</summary>
    internal void Rebind(Tensor value)
    {
        Value.Dispose();
        Value = value.requires_grad_(true);
    }

    /// <inheritdoc/>
    public void Dispose() => Value.Dispose();
}
