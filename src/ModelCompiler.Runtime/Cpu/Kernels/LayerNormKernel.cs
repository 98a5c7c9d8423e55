using System.Runtime.CompilerServices;
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(float* y, float* gamma, float* beta, float epsilon, int count)
    {
        int whole = count & -VectorTail.Width, rest = count - whole;
        float mean = Sum(y, whole, rest, 0, squared: false) / count;
        float variance = Sum(y, whole, rest, mean, squared: true) / count;
        Vector256<float> means = Vector256.Create(mean);
        Vector256<float> inverse = Vector256.Create(1f / MathF.Sqrt(variance + epsilon));
        for (int i = 0; i < whole; i += VectorTail.Width)
            ((Vector256.Load(y + i) - means) * inverse * Vector256.Load(gamma + i) + Vector256.Load(beta + i)).Store(y + i);
        if (rest > 0)
        {
            Vector256<float> v = (VectorTail.Load(y + whole, rest) - means) * inverse;
            VectorTail.Store(v * VectorTail.Load(gamma + whole, rest) + VectorTail.Load(beta + whole, rest), y + whole, rest);
        }
    }

    /// <summary>Σ (y - mean), or Σ (y - mean)². Four chains of additions, since one would wait on its own latency.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(float* y, int whole, int rest, float mean, bool squared)
    {
        const int Width = VectorTail.Width;
        Vector256<float> means = Vector256.Create(mean);
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= whole - 4 * Width; i += 4 * Width)
        {
            sum0 += Term(Vector256.Load(y + i) - means, squared);
            sum1 += Term(Vector256.Load(y + i + Width) - means, squared);
            sum2 += Term(Vector256.Load(y + i + 2 * Width) - means, squared);
            sum3 += Term(Vector256.Load(y + i + 3 * Width) - means, squared);
        }

        for (; i < whole; i += Width)
            sum0 += Term(Vector256.Load(y + i) - means, squared);
        if (rest > 0)
            sum1 += Term(VectorTail.Load(y + whole, rest, mean) - means, squared);
        return VectorTail.Sum((sum0 + sum1) + (sum2 + sum3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Term(Vector256<float> d, bool squared) => squared ? d * d : d;
}
