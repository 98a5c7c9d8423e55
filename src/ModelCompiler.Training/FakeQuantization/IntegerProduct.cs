namespace ModelCompiler.Training.FakeQuantization;

/// <summary>
/// A quantized linear part in the executors' own arithmetic, for evaluation: sums of codes, which fp32 holds exactly up
/// to 2^24, then scales, sums and bias in the order of docs/numerics.md. A product of dequantized values differs in its
/// last bits, and in the asymmetric form, whose terms cancel, in more: enough to turn 4-bit codes of the next part.
/// </summary>
internal static class IntegerProduct
{
    /// <summary>y [..., out] of a part with one scale per weight row.</summary>
    /// <param name="input">Codes [..., in], ranges [..., 1] or [1].</param>
    /// <param name="weight">Codes [out, 1, in], ranges [out, 1, 1].</param>
    /// <param name="bias">[out].</param>
    public static Tensor Compute(Codes input, Codes weight, Tensor bias)
    {
        long rows = weight.Values.shape[0], columns = weight.Values.shape[2];
        Tensor codes = weight.Values.view(rows, columns), scale = weight.Scale.view(rows);
        Tensor sums = torch.matmul(input.Values, codes.transpose(0, 1)).mul(input.Scale);
        Tensor codeSums = scale.mul(codes.sum(-1));
        if (weight.Minimum is null)
        {
            Tensor symmetric = FusedMultiplyAdd(sums, scale, bias);
            return input.Minimum is null ? symmetric : symmetric.add(input.Minimum.mul(codeSums));
        }

        Tensor low = weight.Minimum.view(rows);
        sums = sums.mul(scale).add(low.mul(input.Scale.mul(input.Values.sum(-1, keepdim: true))));
        if (input.Minimum is not null)
            sums = sums.add(input.Minimum.mul(codeSums)).add(input.Minimum.mul((float)columns).mul(low));
        return sums.add(bias);
    }

    /// <summary>
    /// a · b + c in fp64, which holds the product of two fp32 values exactly, then fp32: a fused multiply-add but where
    /// fp64's own rounding makes a tie of fp32, about once in 2^29.
    /// </summary>
    private static Tensor FusedMultiplyAdd(Tensor a, Tensor b, Tensor c)
    {
        using Tensor wideA = a.to_type(torch.float64), wideB = b.to_type(torch.float64), wideC = c.to_type(torch.float64);
        using Tensor sum = wideA.mul_(wideB).add_(wideC);
        return sum.to_type(torch.float32);
    }
}
