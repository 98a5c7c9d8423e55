using System.Numerics.Tensors;

namespace ModelCompiler.Conformance;

/// <summary>Distances between results.</summary>
internal static class ErrorMeasure
{
    /// <summary>‖found - expected‖ / ‖expected‖ over all rows.</summary>
    public static double RelativeL2((double Difference, double Norm)[] rows) =>
        Math.Sqrt(rows.Sum(row => row.Difference) / rows.Sum(row => row.Norm));

    /// <summary>[rows] ‖found - expected‖ and ‖expected‖ of each row, squared.</summary>
    public static (double Difference, double Norm)[] RowSquares(ReadOnlySpan<float> found, ReadOnlySpan<float> expected, int columns)
    {
        var rows = new (double Difference, double Norm)[expected.Length / columns];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                double d = (double)found[i] - expected[i];
                rows[row].Difference += d * d;
                rows[row].Norm += (double)expected[i] * expected[i];
            }
        }

        return rows;
    }

    /// <summary>The relative L2 error without the rows that are furthest off: an eighth of them, rounded up.</summary>
    public static double WithoutWorstEighth((double Difference, double Norm)[] rows)
    {
        (double Difference, double Norm)[] kept =
            [.. rows.OrderBy(row => row.Difference / row.Norm).Take(rows.Length - (rows.Length + 7) / 8)];
        return kept.Length == 0 ? 0 : Math.Sqrt(kept.Sum(row => row.Difference) / kept.Sum(row => row.Norm));
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
