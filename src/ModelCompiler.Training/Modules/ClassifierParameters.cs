namespace ModelCompiler.Training.Modules;

/// <summary>Dense layer on the first token and classifier. BERT and RoBERTa have tanh between them, DistilBERT relu.</summary>
public sealed class ClassifierParameters(EncoderFamily family, Tensor denseWeight, Tensor denseBias, Tensor weight, Tensor bias) : IDisposable
{
    /// <summary>[H, H].</summary>
    public ModelParameter DenseWeight { get; } = new("head.dense.weight", denseWeight, decays: true);

    /// <summary>[H].</summary>
    public ModelParameter DenseBias { get; } = new("head.dense.bias", denseBias, decays: false);

    /// <summary>[labels, H].</summary>
    public ModelParameter Weight { get; } = new("head.classifier.weight", weight, decays: true);

    /// <summary>[labels].</summary>
    public ModelParameter Bias { get; } = new("head.classifier.bias", bias, decays: false);

    /// <summary>All parameters in a fixed order.</summary>
    public IEnumerable<ModelParameter> Parameters => [DenseWeight, DenseBias, Weight, Bias];

    /// <summary>Classifies sequences.</summary>
    /// <param name="hidden">[B, L, H].</param>
    /// <param name="dropout">Probabilities of dropout.</param>
    /// <returns>Logits [B, labels].</returns>
    public Tensor Forward(Tensor hidden, Dropout dropout)
    {
        Tensor first = HalfStorage.Round(hidden.select(1, 0));
        Tensor dense = MatrixProducts.Linear(first, HalfStorage.Round(DenseWeight.Value), HalfStorage.Round(DenseBias.Value));
        Tensor pooled = HalfStorage.Round(family == EncoderFamily.DistilBert ? torch.nn.functional.relu(dense) : torch.tanh(dense));
        return MatrixProducts.Linear(dropout.Hidden(pooled), HalfStorage.Round(Weight.Value), HalfStorage.Round(Bias.Value));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ModelParameter parameter in Parameters)
            parameter.Dispose();
    }
}
