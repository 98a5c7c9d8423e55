using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>
/// The last, incomplete vector of a row. It goes through the same vector code as the others, so that a value does not
/// depend on its place in the row.
/// </summary>
internal static unsafe class VectorTail
{
    /// <summary>Floats in a vector.</summary>
    public const int Width = 8;

    /// <summary>The first <paramref name="count"/> elements, and <paramref name="rest"/> behind them.</summary>
    public static Vector256<float> Load(float* source, int count, float rest = 0)
    {
        Vector256<float> vector = Vector256.Create(rest);
        Unsafe.CopyBlockUnaligned(&vector, source, (uint)count * sizeof(float));
        return vector;
    }

    /// <summary>Stores the first <paramref name="count"/> elements.</summary>
    public static void Store(Vector256<float> vector, float* target, int count) =>
        Unsafe.CopyBlockUnaligned(target, &vector, (uint)count * sizeof(float));

    /// <summary>Sum of the lanes in a fixed order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v)
    {
        Vector128<float> four = v.GetLower() + v.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    /// <summary>Largest lane.</summary>
    public static float Max(Vector256<float> v)
    {
        Vector128<float> four = Vector128.MaxNumber(v.GetLower(), v.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    /// <summary>Smallest lane.</summary>
    public static float Min(Vector256<float> v)
    {
        Vector128<float> four = Vector128.MinNumber(v.GetLower(), v.GetUpper());
        return MathF.Min(MathF.Min(four[0], four[1]), MathF.Min(four[2], four[3]));
    }
}
