using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>y = (x - mean) / √(variance + ε) · γ + β over a row, fp32, variance from a second pass.</summary>
internal static unsafe class LayerNormKernel
{
    /// <summary>Normalises a row in place.</summary>
    /// <param name="y">Row.</param>
    /// <param name="gamma">[count].</param>
    /// <param name="beta">[count].</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="count">Features.</param>
    public static void Row(float* y, float* gamma, float* beta, float epsilon, int count)
    {
        int whole = count & -VectorTail.Width, rest = count - whole;
        Vector256<float> sum = default;
        for (int i = 0; i < whole; i += VectorTail.Width)
            sum += Vector256.Load(y + i);
        if (rest > 0)
            sum += VectorTail.Load(y + whole, rest);
        float mean = VectorTail.Sum(sum) / count;

        Vector256<float> means = Vector256.Create(mean), squares = default;
        for (int i = 0; i < whole; i += VectorTail.Width)
        {
            Vector256<float> d = Vector256.Load(y + i) - means;
            squares += d * d;
        }

        if (rest > 0)
        {
            Vector256<float> d = VectorTail.Load(y + whole, rest, mean) - means;
            squares += d * d;
        }

        Vector256<float> inverse = Vector256.Create(1f / MathF.Sqrt(VectorTail.Sum(squares) / count + epsilon));
        for (int i = 0; i < whole; i += VectorTail.Width)
            ((Vector256.Load(y + i) - means) * inverse * Vector256.Load(gamma + i) + Vector256.Load(beta + i)).Store(y + i);
        if (rest > 0)
        {
            Vector256<float> v = (VectorTail.Load(y + whole, rest) - means) * inverse;
            VectorTail.Store(v * VectorTail.Load(gamma + whole, rest) + VectorTail.Load(beta + whole, rest), y + whole, rest);
        }
    }
}
