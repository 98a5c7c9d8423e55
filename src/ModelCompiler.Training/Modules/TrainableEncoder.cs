using ModelCompiler.Core.Spec;
using ModelCompiler.Training.Data;

namespace ModelCompiler.Training.Modules;

/// <summary>A BERT-family encoder with a classifier head, whose linear parts quantize as the executors do.</summary>
/// <remarks>Make one with <see cref="EncoderReader"/>; write it with <see cref="EncoderWriter"/>.</remarks>
public sealed class TrainableEncoder : IDisposable
{
    internal TrainableEncoder(EncoderModel model, EmbeddingParameters embeddings, IReadOnlyList<EncoderLayer> layers, ClassifierParameters head) =>
        (Model, Embeddings, Layers, Head) = (model, embeddings, layers, head);

    /// <summary>Dimensions.</summary>
    public EncoderModel Model { get; }

    /// <summary>Embedding tables.</summary>
    public EmbeddingParameters Embeddings { get; }

    /// <summary>Layers, first to last.</summary>
    public IReadOnlyList<EncoderLayer> Layers { get; }

    /// <summary>Classifier.</summary>
    public ClassifierParameters Head { get; }

    /// <summary>Probabilities of dropout in <see cref="Forward"/> while <see cref="IsTraining"/>.</summary>
    public Dropout Dropout { get; set; }

    /// <summary>True to drop values.</summary>
    public bool IsTraining { get; set; }

    /// <summary>True to round where the executors store FP16; see docs/training.md.</summary>
    public bool StoresHalf { get; set; }

    /// <summary>
    /// True to compute in the CPU executor's order of operations where there are no gradients, so that the exported model has the
    /// same codes: slower, for final numbers. Models whose hidden size 8 does not divide, and those with another activation than
    /// GELU, have it but for the last bits of these sums.
    /// </summary>
    public bool FollowsExecutors { get; set; }

    /// <summary>All linear parts, layer by layer.</summary>
    public IEnumerable<QuantizedLinear> Linears => Layers.SelectMany(layer => layer.Linears);

    /// <summary>All parameters in a fixed order, those of transforms and clip values included.</summary>
    public IEnumerable<ModelParameter> Parameters =>
        [.. Embeddings.Parameters, .. Layers.SelectMany(layer => layer.Parameters), .. Head.Parameters];

    /// <summary>Device of the weights.</summary>
    public torch.Device Device => Embeddings.Word.Value.device;

    /// <summary>Gives each linear part its precision.</summary>
    public void Quantize(QuantizationScheme scheme)
    {
        foreach (QuantizedLinear linear in Linears)
            linear.Precision = scheme[linear.Part];
    }

    /// <summary>Runs the encoder.</summary>
    /// <param name="batch">Padded sequences.</param>
    /// <param name="intermediates">What to hand back beside the logits.</param>
    /// <param name="clean">True for the ids without word dropout.</param>
    public EncoderOutput Forward(EncoderBatch batch, Intermediates intermediates = Intermediates.None, bool clean = false)
    {
        using HalfStorage.Scope storage = HalfStorage.Use(StoresHalf);
        using ExecutorArithmetic.Scope arithmetic = ExecutorArithmetic.Use(StoresHalf && FollowsExecutors && Model.HiddenSize % ExecutorArithmetic.Lanes == 0);
        Dropout dropout = IsTraining ? Dropout : Dropout.None;
        Tensor mask = AttentionMask(batch);
        Tensor hidden = dropout.Hidden(Embeddings.Forward(clean ? batch.CleanIds : batch.Ids, batch.Types));
        var states = new List<Tensor> { hidden };
        var scores = new List<Tensor>();
        var probabilities = new List<Tensor>();
        foreach (EncoderLayer layer in Layers)
        {
            LayerOutput output = layer.Forward(hidden, mask, dropout, intermediates.HasFlag(Intermediates.Attention));
            hidden = output.Hidden;
            states.Add(hidden);
            if (output is { Scores: { } raw, Probabilities: { } normalised })
            {
                scores.Add(raw);
                probabilities.Add(normalised);
            }
        }

        return new(Head.Forward(hidden, dropout), intermediates.HasFlag(Intermediates.Hidden) ? states : [], scores, probabilities);
    }

    /// <summary>What is added to scores: 0 at tokens, -∞ at padding, [B, 1, 1, L].</summary>
    internal static Tensor AttentionMask(EncoderBatch batch) =>
        batch.Mask.log().view(batch.Mask.shape[0], 1, 1, batch.Mask.shape[1]); // log 1 = 0, log 0 = -∞

    /// <inheritdoc/>
    public void Dispose()
    {
        Embeddings.Dispose();
        foreach (EncoderLayer layer in Layers)
            layer.Dispose();
        Head.Dispose();
    }
}
