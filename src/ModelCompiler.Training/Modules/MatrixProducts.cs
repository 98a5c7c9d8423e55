using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Modules;

/// <summary>
/// Matrix products in the type that a recipe asks for: operands are rounded to it, the result is fp32 again. Everything
/// else, quantizers, norms and softmax among it, stays fp32.
/// </summary>
internal static class MatrixProducts
{
    [ThreadStatic]
    private static ComputeType s_type;

    /// <summary>Computes in a type on this thread until the result is disposed.</summary>
    public static Scope Use(ComputeType type)
    {
        var scope = new Scope(s_type);
        s_type = type;
        return scope;
    }

    /// <summary>x · Wᵀ + b.</summary>
    /// <param name="input">[..., in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out].</param>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor bias) => s_type == ComputeType.Float32
        ? torch.nn.functional.linear(input, weight, bias)
        : Product(input, weight.transpose(0, 1)).add(bias);

    /// <summary>a · b over the last two dimensions.</summary>
    public static Tensor Product(Tensor a, Tensor b) => s_type switch
    {
        ComputeType.Float32 => torch.matmul(a, b),
        ComputeType.BFloat16 => torch.matmul(a.to_type(torch.bfloat16), b.to_type(torch.bfloat16)).to_type(torch.float32),
        _ => torch.matmul(a.to_type(torch.float16), b.to_type(torch.float16)).to_type(torch.float32),
    };

    public readonly struct Scope(ComputeType before) : IDisposable
    {
        public void Dispose() => s_type = before;
    }
}
