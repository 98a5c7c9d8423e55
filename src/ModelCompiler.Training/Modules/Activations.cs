namespace ModelCompiler.Training.Modules;

/// <summary>Functions between the two MLP layers.</summary>
internal static class Activations
{
    private const float SqrtTwoOverPi = 0.7978845608f;
    private const float CubicTerm = 0.044715f;

    public static Tensor Apply(Tensor x, ActivationFunction function) => function switch
    {
        ActivationFunction.Gelu => ExecutorArithmetic.IsOn ? ExecutorArithmetic.Gelu(x) : torch.nn.functional.gelu(x),
        ActivationFunction.GeluTanh => GeluTanh(x),
        ActivationFunction.Relu => torch.nn.functional.relu(x),
        ActivationFunction.Tanh => torch.tanh(x),
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "The function must be resolved."),
    };

    /// <summary>½x(1 + tanh(√(2/π)(x + 0.044715 x³))), Hendrycks and Gimpel, 2016.</summary>
    private static Tensor GeluTanh(Tensor x)
    {
        Tensor inner = x.add(x.mul(x).mul(x).mul(CubicTerm)).mul(SqrtTwoOverPi);
        return x.mul(0.5f).mul(torch.tanh(inner).add(1f));
    }
}
