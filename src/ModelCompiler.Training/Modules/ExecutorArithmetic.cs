namespace ModelCompiler.Training.Modules;

/// <summary>
/// Layer norm, GELU and attention operation by operation as the CPU executor's kernels compute them, so that ranges, and with
/// them codes, are the same bits. A range that differs in its last bit rounds the large terms of an asymmetric product
/// otherwise, by some 1e-5 of their sum: enough to turn codes of the next part. Slow, and without gradients; for final numbers.
/// </summary>
internal static class ExecutorArithmetic
{
    /// <summary>Floats of the executor's vectors: its sums run in as many lanes. Divides the features of a layer norm here.</summary>
    public const int Lanes = 8;

    /// <summary>Elements of a polynomial at a time: on a CPU they stay in a cache, on a GPU some tens of them in memory.</summary>
    private const long CpuChunk = 1 << 16, GpuChunk = 1 << 21;

    [ThreadStatic]
    private static bool s_on;

    /// <summary>True where there are no gradients inside of <see cref="Use"/>.</summary>
    public static bool IsOn => s_on && !torch.is_grad_enabled();

    /// <summary>Computes so on this thread until the result is disposed.</summary>
    public static Scope Use(bool on)
    {
        var scope = new Scope(s_on);
        s_on = on;
        return scope;
    }

    /// <summary>(x - mean) · (1 / √(variance + ε)) · γ + β, the variance from a second pass.</summary>
    /// <param name="input">[..., H]; 8 divides H.</param>
    /// <param name="gamma">[H].</param>
    /// <param name="beta">[H].</param>
    /// <param name="epsilon">ε.</param>
    public static Tensor LayerNorm(Tensor input, Tensor gamma, Tensor beta, double epsilon)
    {
        using var scope = torch.NewDisposeScope();
        long features = gamma.numel();
        Tensor count = torch.full([1L], (float)features, torch.float32, input.device);
        Tensor mean = SumOfFeatures(input).div(count);
        Tensor difference = input.sub(mean);
        Tensor inverse = SumOfFeatures(difference.mul(difference)).div(count).add((float)epsilon).sqrt().reciprocal();
        return difference.mul(inverse).mul(gamma).add(beta).MoveToOuterDisposeScope();
    }

    /// <summary>x · ½ · (1 + erf(x / √2)), erf as a rational function of degrees 13 and 8.</summary>
    public static Tensor Gelu(Tensor input) => InChunks(input, x =>
    {
        Tensor argument = x.mul(0.70710678f).clamp(-4f, 4f), square = argument.mul(argument).to_type(torch.float64);
        Tensor p = Polynomial(
            square, -2.72614225801306e-10f, 2.77068142495902e-08f, -2.10102402082508e-06f, -5.69250639462346e-05f, -7.34990630326855e-04f,
            -2.95459980854025e-03f, -1.60960333262415e-02f);
        Tensor q = Polynomial(
            square, -1.45660718464996e-05f, -2.13374055278905e-04f, -1.68282697438203e-03f, -7.37332916720468e-03f, -1.42647390514189e-02f);
        return x.mul(0.5f).mul(argument.mul(p).div(q).add(1f));
    });

    /// <summary>
    /// softmax(q · kᵀ · scale + mask) · v: sums of products in the order of their index, numerators exp(s - max) rounded to FP16 for
    /// the product with v, which is divided by the sum of the unrounded ones at the end.
    /// </summary>
    /// <param name="query">[B, heads, L, d], FP16 values, as <paramref name="key"/> and <paramref name="value"/>.</param>
    /// <param name="key">[B, heads, L, d].</param>
    /// <param name="value">[B, heads, L, d].</param>
    /// <param name="mask">0 at tokens, -∞ at padding, [B, 1, 1, L].</param>
    /// <param name="scale">1 / √d.</param>
    /// <returns>[B, heads, L, d].</returns>
    public static Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor mask, float scale)
    {
        using var scope = torch.NewDisposeScope();
        Tensor scores = Product(query, key.transpose(-2, -1)).mul(scale).add(mask);
        Tensor numerators = InChunks(scores.sub(scores.amax([-1L], keepdim: true)), Exp);
        Tensor weighted = Product(numerators.to_type(torch.float16).to_type(torch.float32), value);
        return weighted.div(SumOfKeys(numerators)).MoveToOuterDisposeScope();
    }

    /// <summary>eˣ: range reduction by ln 2 in two parts, then the polynomial of Cephes' expf; 0 below the smallest normal result.</summary>
    private static Tensor Exp(Tensor x)
    {
        Tensor n = x.mul(1.44269504f).round().to_type(torch.float64);
        Tensor r = Fused(n, -0.693359375f, x);
        r = Fused(n, 2.12194440e-4f, r);
        Tensor wide = r.to_type(torch.float64);
        Tensor p = Polynomial(
            wide, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f);
        p = p.to_type(torch.float64).mul(r.mul(r).to_type(torch.float64)).add(r.add(1f).to_type(torch.float64)).to_type(torch.float32);
        Tensor power = torch.full([1L], 2.0, torch.float64, x.device).pow(n);
        return torch.where(x.ge(-87.33654f), p.to_type(torch.float64).mul(power).to_type(torch.float32), torch.zeros_like(x));
    }

    /// <summary>Horner's rule in fused multiply-adds, the highest coefficient first.</summary>
    private static Tensor Polynomial(Tensor wideX, params ReadOnlySpan<float> coefficients)
    {
        Tensor wide = wideX.mul(coefficients[0]).add_(coefficients[1]), sum = wide.to_type(torch.float32);
        foreach (float coefficient in coefficients[2..])
            sum.copy_(wide.copy_(sum).mul_(wideX).add_(coefficient));
        return sum;
    }

    /// <summary>a · factor + c, rounded once: fp64 holds the product of two fp32 values exactly.</summary>
    private static Tensor Fused(Tensor wideA, float factor, Tensor c) =>
        wideA.mul(factor).add(c.to_type(torch.float64)).to_type(torch.float32);

    /// <summary>a · b with the sum over the inner dimension one after the other; products of FP16 values are exact in fp32.</summary>
    private static Tensor Product(Tensor a, Tensor b)
    {
        Tensor columns = a.permute(3, 0, 1, 2).contiguous().unsqueeze(-1), rows = b.permute(2, 0, 1, 3).contiguous().unsqueeze(3);
        Tensor sum = columns.select(0, 0).mul(rows.select(0, 0));
        for (long k = 1; k < columns.shape[0]; k++)
            sum.addcmul_(columns.select(0, k), rows.select(0, k), 1f);
        return sum;
    }

    /// <summary>Σ over the last dimension, [..., 1]: vectors in four chains, whole blocks of four first.</summary>
    private static Tensor SumOfFeatures(Tensor values)
    {
        Tensor vectors = InVectors(values);
        int count = (int)vectors.shape[^2], blocks = count / 4;
        Tensor[] chains = [.. Enumerable.Range(0, 4).Select(chain => torch.zeros_like(vectors.select(-2, 0)))];
        for (int i = 0; i < count; i++)
            chains[i < 4 * blocks ? i % 4 : 0].add_(vectors.select(-2, i));
        return SumOfLanes(chains[0].add(chains[1]).add(chains[2].add(chains[3])));
    }

    /// <summary>Σ over the last dimension, [..., 1]: vectors in one chain, the last one filled up with zeros.</summary>
    private static Tensor SumOfKeys(Tensor values)
    {
        long missing = -values.shape[^1] & (Lanes - 1);
        long[] padding = [.. values.shape[..^1], missing];
        Tensor vectors = InVectors(missing == 0 ? values : torch.cat([values, torch.zeros(padding, torch.float32, values.device)], -1));
        Tensor sum = vectors.select(-2, 0).clone();
        for (long i = 1; i < vectors.shape[^2]; i++)
            sum.add_(vectors.select(-2, i));
        return SumOfLanes(sum);
    }

    private static Tensor InVectors(Tensor values) => values.contiguous().view([.. values.shape[..^1], values.shape[^1] / Lanes, Lanes]);

    private static Tensor SumOfLanes(Tensor lanes)
    {
        Tensor four = lanes.narrow(-1, 0, 4).add(lanes.narrow(-1, 4, 4));
        Tensor two = four.narrow(-1, 0, 2).add(four.narrow(-1, 2, 2));
        return two.narrow(-1, 0, 1).add(two.narrow(-1, 1, 1));
    }

    /// <summary>A function of single elements, a chunk at a time.</summary>
    private static Tensor InChunks(Tensor input, Func<Tensor, Tensor> function)
    {
        using var scope = torch.NewDisposeScope();
        Tensor source = input.contiguous().view(-1), result = torch.zeros_like(source);
        long most = input.device.type == DeviceType.CPU ? CpuChunk : GpuChunk;
        for (long start = 0; start < source.numel(); start += most)
        {
            using var chunk = torch.NewDisposeScope();
            long length = Math.Min(most, source.numel() - start);
            result.narrow(0, start, length).copy_(function(source.narrow(0, start, length)));
        }

        return result.view(input.shape).MoveToOuterDisposeScope();
    }

    public readonly struct Scope(bool before) : IDisposable
    {
        public void Dispose() => s_on = before;
    }
}
