using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Per-column constants of a quantized weight matrix, each [padded N], and null where the form has none.</summary>
/// <param name="scale">sW[n], or [groups, padded N].</param>
/// <param name="codeSum">sW[n] · (float)Σ_k qW[n, k]: multiplied by a row's minimum.</param>
/// <param name="lo">loW[n], or [groups, padded N], asymmetric weights only.</param>
/// <param name="bias">bias[n].</param>
internal readonly unsafe struct ColumnConstants(float* scale, float* codeSum, float* lo, float* bias)
{
    public readonly float* Scale = scale;
    public readonly float* CodeSum = codeSum;
    public readonly float* Lo = lo;
    public readonly float* Bias = bias;

    /// <summary>The same constants from a later column on.</summary>
    public ColumnConstants From(int column) => new(Scale + column, CodeSum + column, Lo == null ? null : Lo + column, Bias + column);
}

/// <summary>
/// Turns int32 accumulators of a row into fp32 results, in the order of docs/numerics.md: the last multiplication is
/// fused with a bias that follows it directly, all others and all other additions are rounded on their own. Columns are
/// processed in whole vectors; all arrays are padded to at least 8.
/// </summary>
internal static unsafe class LinearScaling
{
    /// <summary>y = fma((float)acc · sA, sW[n], bias[n]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Symmetric(int* acc, float* y, int columns, float aScale, in ColumnConstants w)
    {
        Vector256<float> sA = Vector256.Create(aScale);
        for (int n = 0; n < columns; n += VectorTail.Width)
            ScaledWithBias(acc + n, sA, w, n).Store(y + n);
    }

    /// <summary>y = fma((float)acc · sA, sW[n], bias[n]) + lo · (sW[n] · (float)Σ_k qW[n, k]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AsymmetricActivations(int* acc, float* y, int columns, float aScale, float aLo, in ColumnConstants w)
    {
        Vector256<float> sA = Vector256.Create(aScale), lo = Vector256.Create(aLo);
        for (int n = 0; n < columns; n += VectorTail.Width)
        {
            Vector256<float> v = ScaledWithBias(acc + n, sA, w, n);
            (v + lo * Vector256.Load(w.CodeSum + n)).Store(y + n);
        }
    }

    /// <summary>
    /// y = ((float)acc · sA) · sW + loW · (sA · (float)Σ_k qA) + lo · (sW · (float)Σ_k qW) + (float)K · lo · loW + bias. Symmetric
    /// activations have lo = 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AsymmetricWeights(
        int* acc, float* y, int columns, float aScale, float aLo, int aCodeSum, int k, in ColumnConstants w)
    {
        Vector256<float> sA = Vector256.Create(aScale), lo = Vector256.Create(aLo);
        Vector256<float> aSum = Vector256.Create(aScale * (float)aCodeSum), kLo = Vector256.Create((float)k * aLo);
        for (int n = 0; n < columns; n += VectorTail.Width)
        {
            Vector256<float> wLo = Vector256.Load(w.Lo + n);
            Vector256<float> v = Scaled(acc + n, sA) * Vector256.Load(w.Scale + n) + wLo * aSum;
            v += lo * Vector256.Load(w.CodeSum + n);
            v += kLo * wLo;
            (v + Vector256.Load(w.Bias + n)).Store(y + n);
        }
    }

    /// <summary>One group's share: total[n] += (float)acc · sW[n, g], and += loW[n, g] · (float)Σ_k qA where weights are asymmetric.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddGroup(int* acc, float* total, int columns, float* scale, float* lo, int aCodeSum)
    {
        Vector256<float> aSum = Vector256.Create((float)aCodeSum);
        for (int n = 0; n < columns; n += VectorTail.Width)
        {
            Vector256<float> v = Vector256.Load(total + n) + Vector256.ConvertToSingle(Vector256.Load(acc + n)) * Vector256.Load(scale + n);
            if (lo != null)
                v += Vector256.Load(lo + n) * aSum;
            v.Store(total + n);
        }
    }

    /// <summary>One group's share where activations are floats: total[n] += acc · sW[n, g], and += loW[n, g] · Σ_k x[k] where weights are asymmetric.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddGroup(float* acc, float* total, int columns, float* scale, float* lo, float aSum)
    {
        Vector256<float> sum = Vector256.Create(aSum);
        for (int n = 0; n < columns; n += VectorTail.Width)
        {
            Vector256<float> v = Vector256.Load(total + n) + Vector256.Load(acc + n) * Vector256.Load(scale + n);
            if (lo != null)
                v += Vector256.Load(lo + n) * sum;
            v.Store(total + n);
        }
    }

    /// <summary>y = fma(total, sA, bias[n]) + lo · Σ_g (sW · (float)Σ_k qW + (float)G · loW): behind the groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FinishGroups(float* y, int columns, float aScale, float aLo, in ColumnConstants w)
    {
        Vector256<float> sA = Vector256.Create(aScale), lo = Vector256.Create(aLo);
        for (int n = 0; n < columns; n += VectorTail.Width)
        {
            Vector256<float> v = Vector256.FusedMultiplyAdd(Vector256.Load(y + n), sA, Vector256.Load(w.Bias + n));
            if (aLo != 0)
                v += lo * Vector256.Load(w.CodeSum + n);
            v.Store(y + n);
        }
    }

    /// <summary>y = fma(acc, sW[n], bias[n]) in place: float activations, one scale a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FloatActivations(float* y, int columns, float* scale, float* bias)
    {
        for (int n = 0; n < columns; n += VectorTail.Width)
            Vector256.FusedMultiplyAdd(Vector256.Load(y + n), Vector256.Load(scale + n), Vector256.Load(bias + n)).Store(y + n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scaled(int* acc, Vector256<float> aScale) =>
        Vector256.ConvertToSingle(Vector256.Load(acc)) * aScale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ScaledWithBias(int* acc, Vector256<float> aScale, in ColumnConstants w, int n) =>
        Vector256.FusedMultiplyAdd(Scaled(acc, aScale), Vector256.Load(w.Scale + n), Vector256.Load(w.Bias + n));
}
