using ModelCompiler.Core;
using ModelCompiler.Core.Spec;
using ModelCompiler.Training.FakeQuantization;

namespace ModelCompiler.Training.Modules;

/// <summary>
/// One of the four linear parts of a layer: y = quantize(x) · transform(W)ᵀ + b. W passes
/// <see cref="BeforeQuantization"/>, the quantizer of <see cref="Precision"/>, then <see cref="AfterQuantization"/>, so
/// that a mask can be set before (prune, then quantize) or behind (quantize, then prune).
/// </summary>
public sealed class QuantizedLinear : IDisposable
{
    /// <summary>A part of a layer.</summary>
    /// <param name="part">Exactly one part.</param>
    /// <param name="layer">Layer from 0.</param>
    /// <param name="modules">Checkpoint modules whose rows the weight stacks, without prefix.</param>
    /// <param name="weight">[out, in], fp32.</param>
    /// <param name="bias">[out], fp32.</param>
    public QuantizedLinear(EncoderPart part, int layer, EquatableArray<string> modules, Tensor weight, Tensor bias)
    {
        (Part, Layer, Modules) = (part, layer, modules);
        string name = $"layer.{layer}.{part}";
        Weight = new($"{name}.weight", weight, decays: true);
        Bias = new($"{name}.bias", bias, decays: false);
    }

    /// <summary>Which part this is.</summary>
    public EncoderPart Part { get; }

    /// <summary>Layer from 0.</summary>
    public int Layer { get; }

    /// <summary>Checkpoint modules whose rows the weight stacks, without prefix: query, key and value for <see cref="EncoderPart.Qkv"/>.</summary>
    public EquatableArray<string> Modules { get; }

    /// <summary>W, [out, in].</summary>
    public ModelParameter Weight { get; }

    /// <summary>b, [out].</summary>
    public ModelParameter Bias { get; }

    /// <summary>Formats of both operands.</summary>
    public LinearPrecision Precision { get; set; } = LinearPrecision.Float16;

    /// <summary>Quantizes the input; holds clip value and static range.</summary>
    public ActivationFakeQuantizer Input { get; } = new();

    /// <summary>Applied to W in front of its quantizer; null for none.</summary>
    public IWeightTransform? BeforeQuantization { get; set; }

    /// <summary>Applied to the quantized values; null for none. What it returns must again be values of codes, as zeros are.</summary>
    public IWeightTransform? AfterQuantization { get; set; }

    /// <summary>False to compute in full precision for a while, transforms included.</summary>
    public bool IsQuantizing { get; set; } = true;

    /// <summary>Everything that training changes in this part.</summary>
    public IEnumerable<ModelParameter> Parameters
    {
        get
        {
            yield return Weight;
            yield return Bias;
            if (Input.LearnedClip is { } clip)
                yield return clip;
            foreach (ModelParameter parameter in (BeforeQuantization?.Parameters ?? []).Concat(AfterQuantization?.Parameters ?? []))
                yield return parameter;
        }
    }

    /// <summary>Groups add up in fp32, and asymmetric codes have none for the zeros of a mask behind them.</summary>
    private bool HasIntegerForm =>
        Precision is { IsInteger: true, Weights: { IsQuantized: true, GroupSize: 0 } }
        && (AfterQuantization is null || Precision.Weights.Symmetry == Symmetry.Symmetric);

    /// <summary>The weight that enters the quantizer.</summary>
    public Tensor TransformedWeight() => BeforeQuantization is { } before ? before.Apply(Weight.Value) : Weight.Value;

    /// <summary>The weight that enters the product, [out, in], with gradients.</summary>
    public Tensor EffectiveWeight()
    {
        Tensor weight = TransformedWeight();
        if (IsQuantizing)
            weight = WeightFakeQuantizer.Apply(weight, Precision.Weights);
        return AfterQuantization is { } after ? after.Apply(weight) : weight;
    }

    /// <summary>
    /// Codes of the weight that enters the product, [out, groups, in / groups], without gradients. Behind a transform they
    /// are whole but for the last bits, where it leaves values of codes.
    /// </summary>
    public Codes WeightCodes()
    {
        using var noGrad = torch.no_grad();
        Codes codes = WeightFakeQuantizer.CodesOf(TransformedWeight().detach(), Precision.Weights);
        if (AfterQuantization is null)
            return codes;
        Tensor values = AfterQuantization.Apply(codes.Dequantize().view(Weight.Value.shape)).view(codes.Values.shape);
        return codes with { Values = (codes.Minimum is null ? values : values.sub(codes.Minimum)).div(codes.Scale) };
    }

    private Codes WholeCodes()
    {
        Codes codes = WeightCodes();
        return AfterQuantization is null ? codes : codes with { Values = codes.Values.round() };
    }

    /// <summary>Runs the part; without gradients in the executors' integer arithmetic, where it has that form.</summary>
    /// <param name="input">[..., in], fp32.</param>
    /// <returns>[..., out].</returns>
    public Tensor Forward(Tensor input)
    {
        if (IsQuantizing && !Input.IsObserving && HasIntegerForm && !torch.is_grad_enabled())
        {
            return IntegerProduct.Compute(Input.CodesOf(input, Precision.Activations), WholeCodes(), HalfStorage.Round(Bias.Value));
        }

        Tensor x = IsQuantizing || Input.IsObserving ? Input.Apply(input, Precision.Activations) : input;
        Tensor weight = EffectiveWeight();
        return MatrixProducts.Linear(
            Precision.Activations.IsQuantized ? x : HalfStorage.Round(x),
            Precision.Weights.IsQuantized ? weight : HalfStorage.Round(weight),
            HalfStorage.Round(Bias.Value));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
        Input.Dispose();
        (BeforeQuantization as IDisposable)?.Dispose();
        (AfterQuantization as IDisposable)?.Dispose();
    }
}
