namespace ModelCompiler.Training.Modules;

/// <summary>A differentiable function of a weight matrix, such as the mask of a pruning method.</summary>
public interface IWeightTransform
{
    /// <summary>What the transform learns; the optimizer trains it with the weights.</summary>
    IEnumerable<ModelParameter> Parameters => [];

    /// <summary>What the transform keeps beside them, such as a mask: saved in checkpoints of training and copied back in place.</summary>
    IEnumerable<(string Name, Tensor Value)> Buffers => [];

    /// <summary>Applies the function.</summary>
    /// <param name="weight">[out, in], fp32. In front of quantization the trained values, behind it values S · q (+ lo).</param>
    /// <returns>[out, in]; carries the gradient to <paramref name="weight"/> and to <see cref="Parameters"/>.</returns>
    Tensor Apply(Tensor weight);
}
