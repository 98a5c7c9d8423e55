using ModelCompiler.Core.Spec;

namespace ModelCompiler.Training.FakeQuantization;

/// <summary>Quantizes a weight matrix in the forward pass and lets gradients through; row-wise or in groups of inputs.</summary>
public static class WeightFakeQuantizer
{
    /// <summary>The values that the exported weights will have.</summary>
    /// <param name="weight">[out, in], fp32.</param>
    /// <param name="format">Bits, symmetry and group size; FP16 leaves the weight as it is.</param>
    /// <returns>[out, in] with the gradient of <paramref name="weight"/>.</returns>
    public static Tensor Apply(Tensor weight, WeightFormat format)
    {
        if (!format.IsQuantized)
            return weight;
        using (torch.no_grad())
        {
            Tensor values = CodesOf(weight.detach(), format).Dequantize().view(weight.shape);
            using (torch.enable_grad())
                return Quantizer.StraightThrough(values, weight);
        }
    }

    /// <summary>Codes, scales and minima of a weight matrix.</summary>
    /// <param name="weight">[out, in], without gradient.</param>
    /// <param name="format">4 or 8 bits, symmetry, group size.</param>
    /// <returns>Codes [out, groups, in / groups], ranges [out, groups, 1].</returns>
    public static Codes CodesOf(Tensor weight, WeightFormat format)
    {
        long rows = weight.shape[0], columns = weight.shape[1];
        if (format.GroupSize > 0 && columns % format.GroupSize != 0)
            throw new ArgumentException($"{columns} inputs do not divide into groups of {format.GroupSize}.", nameof(format));
        long groups = format.GroupSize > 0 ? columns / format.GroupSize : 1;
        Tensor grouped = weight.view(rows, groups, columns / groups);
        (Tensor scale, Tensor? minimum) = Quantizer.RangeOf(grouped, format.Bits, format.Symmetry);
        return Quantizer.QuantizeWeights(grouped, scale, minimum, format.Bits);
    }
}
