using System.Numerics.Tensors;

namespace ModelCompiler.Runtime.Quantization;

/// <summary>How far quantized weights are from the float ones.</summary>
/// <param name="Weights">‖W - Ŵ‖ / ‖W‖, Frobenius norms.</param>
/// <param name="Output">‖X·(W - Ŵ)ᵀ‖ / ‖X·Wᵀ‖ over sampled inputs; null without samples.</param>
internal readonly record struct QuantizationError(double Weights, double? Output)
{
    /// <summary>Measures one matrix.</summary>
    /// <param name="values">W, [rows, columns] row-major.</param>
    /// <param name="quantized">Ŵ.</param>
    /// <param name="inputs">X, [samples, columns] row-major, or null.</param>
    public static QuantizationError Of(float[] values, QuantizedLinear quantized, float[]? inputs)
    {
        var difference = new float[values.Length];
        quantized.Dequantize(difference);
        TensorPrimitives.Subtract(values, difference, difference);
        double weights = Ratio(SquaredNorm(difference), SquaredNorm(values));
        if (inputs is null)
            return new(weights, null);

        int columns = quantized.Columns;
        double error = 0, norm = 0;
        Lock sums = new();
        Parallel.For(0, quantized.Rows, row =>
        {
            double rowError = 0, rowNorm = 0;
            for (int x = 0; x < inputs.Length; x += columns)
            {
                ReadOnlySpan<float> input = inputs.AsSpan(x, columns);
                float e = TensorPrimitives.Dot(input, difference.AsSpan(row * columns, columns));
                float y = TensorPrimitives.Dot(input, values.AsSpan(row * columns, columns));
                rowError += (double)e * e;
                rowNorm += (double)y * y;
            }

            lock (sums)
            {
                error += rowError;
                norm += rowNorm;
            }
        });
        return new(weights, Ratio(error, norm));
    }

    private static double SquaredNorm(float[] values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += (double)value * value;
        return sum;
    }

    private static double Ratio(double error, double norm) => norm == 0 ? 0 : Math.Sqrt(error / norm);
}
