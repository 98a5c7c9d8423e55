using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>A function of one float, eight at a time.</summary>
internal interface IVectorFunction
{
    /// <summary>Applies the function to every lane.</summary>
    static abstract Vector256<float> Invoke(Vector256<float> x);
}

/// <summary>Functions and sums over the elements of a row.</summary>
internal static unsafe class Elementwise
{
    /// <summary>y[i] = f(x[i]); x and y may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Map<TFunction>(float* x, float* y, int count)
        where TFunction : struct, IVectorFunction
    {
        int i = 0;
        for (; i <= count - VectorTail.Width; i += VectorTail.Width)
            TFunction.Invoke(Vector256.Load(x + i)).Store(y + i);
        if (i < count)
            VectorTail.Store(TFunction.Invoke(VectorTail.Load(x + i, count - i)), y + i, count - i);
    }

    /// <summary>y[i] = f(y[i]) for an activation function.</summary>
    public static void Activate(ActivationFunction function, float* y, int count)
    {
        switch (function)
        {
            case ActivationFunction.Gelu:
                Map<Gelu>(y, y, count);
                break;
            case ActivationFunction.GeluTanh:
                Map<GeluTanh>(y, y, count);
                break;
            case ActivationFunction.Relu:
                Map<Relu>(y, y, count);
                break;
            case ActivationFunction.Tanh:
                Map<Tanh>(y, y, count);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(function), function, "No such activation function.");
        }
    }

    /// <summary>y[i] += x[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* y, float* x, int count)
    {
        int i = 0;
        for (; i <= count - VectorTail.Width; i += VectorTail.Width)
            (Vector256.Load(y + i) + Vector256.Load(x + i)).Store(y + i);
        for (; i < count; i++)
            y[i] += x[i];
    }

    /// <summary>y[i] *= factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* y, float factor, int count)
    {
        int i = 0;
        for (; i <= count - VectorTail.Width; i += VectorTail.Width)
            (Vector256.Load(y + i) * Vector256.Create(factor)).Store(y + i);
        for (; i < count; i++)
            y[i] *= factor;
    }

    /// <summary>Rounds to FP16 storage: y[i] = (float)(Half)x[i].</summary>
    public static void RoundToHalf(float* x, float* y, int count) => Map<HalfRounding>(x, y, count);

    /// <summary>Divides a row by its Euclidean length; a zero row stays zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(float* y, int count)
    {
        Vector256<float> squares = default;
        int i = 0;
        for (; i <= count - VectorTail.Width; i += VectorTail.Width)
        {
            Vector256<float> v = Vector256.Load(y + i);
            squares += v * v;
        }

        if (i < count)
        {
            Vector256<float> v = VectorTail.Load(y + i, count - i);
            squares += v * v;
        }

        float length = MathF.Sqrt(VectorTail.Sum(squares));
        if (length > 0)
            Scale(y, 1f / length, count);
    }

    /// <summary>x · ½ · (1 + erf(x / √2)).</summary>
    private readonly struct Gelu : IVectorFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Invoke(Vector256<float> x) =>
            x * Vector256.Create(0.5f) * (Vector256<float>.One + VectorMath.Erf(x * Vector256.Create(0.70710678f)));
    }

    /// <summary>x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 x³))), <c>gelu_new</c>.</summary>
    private readonly struct GeluTanh : IVectorFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Invoke(Vector256<float> x)
        {
            Vector256<float> inner = Vector256.Create(0.79788456f) * (x + Vector256.Create(0.044715f) * (x * x * x));
            return x * Vector256.Create(0.5f) * (Vector256<float>.One + VectorMath.Tanh(inner));
        }
    }

    /// <summary>max(x, 0).</summary>
    private readonly struct Relu : IVectorFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Invoke(Vector256<float> x) => Vector256.Max(x, Vector256<float>.Zero);
    }

    private readonly struct Tanh : IVectorFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Invoke(Vector256<float> x) => VectorMath.Tanh(x);
    }
}
