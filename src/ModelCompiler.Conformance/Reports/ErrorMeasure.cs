using System.Numerics.Tensors;

namespace ModelCompiler.Conformance;

/// <summary>Distances between results.</summary>
internal static class ErrorMeasure
{
    /// <summary>‖found - expected‖ / ‖expected‖ over the whole array; NaN where a value found is not finite.</summary>
    public static double RelativeL2(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double d = (double)found[i] - expected[i];
            difference += d * d;
            norm += (double)expected[i] * expected[i];
        }

        return double.IsFinite(difference) ? Math.Sqrt(difference / norm) : double.NaN;
    }

    /// <summary>Values that are NaN or infinite, and the first of them; -1 where there is none.</summary>
    public static (int Count, int First) NotFinite(ReadOnlySpan<float> values)
    {
        int count = 0, first = -1;
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]))
                continue;
            first = first < 0 ? i : first;
            count++;
        }

        return (count, first);
    }

    /// <summary>Rows whose largest value is in the same column.</summary>
    public static int SameTopColumn(ReadOnlySpan<float> found, ReadOnlySpan<float> expected, int columns)
    {
        int same = 0;
        for (int row = 0; row < expected.Length; row += columns)
        {
            if (TensorPrimitives.IndexOfMax(found.Slice(row, columns)) == TensorPrimitives.IndexOfMax(expected.Slice(row, columns)))
                same++;
        }

        return same;
    }
}
