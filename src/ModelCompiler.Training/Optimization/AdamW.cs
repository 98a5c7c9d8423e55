namespace ModelCompiler.Training.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2) on one vector. With the
/// defaults of torch.optim.AdamW it gives its values.
/// </summary>
public sealed class AdamW : IDisposable
{
    private const double Epsilon = 1e-8;

    private readonly FlatParameters _parameters;
    private readonly double _beta1, _beta2, _weightDecay;

    /// <summary>An optimizer that has not seen a gradient.</summary>
    public AdamW(FlatParameters parameters, double beta1, double beta2, double weightDecay)
    {
        (_parameters, _beta1, _beta2, _weightDecay) = (parameters, beta1, beta2, weightDecay);
        FirstMoment = torch.zeros_like(parameters.Values).DetachFromDisposeScope();
        SecondMoment = torch.zeros_like(parameters.Values).DetachFromDisposeScope();
    }

    /// <summary>Decaying mean of the gradients, [n].</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Decaying mean of the squared gradients, [n].</summary>
    public Tensor SecondMoment { get; }

    /// <summary>Updates done.</summary>
    public long Updates { get; set; }

    /// <summary>Updates the values by the gradients.</summary>
    public void Step(double learningRate)
    {
        Updates++;
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        Tensor values = _parameters.Values, gradients = _parameters.Gradients;
        if (_weightDecay > 0 && _parameters.DecayedCount > 0)
            values.narrow(0, 0, _parameters.DecayedCount).mul_(1 - learningRate * _weightDecay);
        FirstMoment.mul_(_beta1).add_(gradients, 1 - _beta1);
        SecondMoment.mul_(_beta2).addcmul_(gradients, gradients, 1 - _beta2);
        Tensor deviation = SecondMoment.sqrt().div_(Math.Sqrt(1 - Math.Pow(_beta2, Updates))).add_(Epsilon);
        values.addcdiv_(FirstMoment, deviation, -learningRate / (1 - Math.Pow(_beta1, Updates)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
