using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Values as a trained encoder's buffers hold them: every code occurs, sums neither vanish nor overflow FP16.</summary>
internal static class RandomOperands
{
    /// <summary>Fills a buffer. Equal buffers get equal values.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="rows">Rows.</param>
    public static BufferValues Make(PlanBuffer buffer, int rows)
    {
        var random = new Random((buffer.Id * 31 + buffer.Columns) * 31 + rows);
        int count = checked(rows * buffer.Columns);
        return buffer.Element == BufferElement.Codes ? Codes(buffer, rows, count, random) : new(buffer, rows) { Values = Values(count, random) };
    }

    private static float[] Values(int count, Random random)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Half)(2 * random.NextSingle() - 1);
        return values;
    }

    private static BufferValues Codes(PlanBuffer buffer, int rows, int count, Random random)
    {
        ActivationFormat format = buffer.Format;
        var bytes = new byte[count];
        random.NextBytes(bytes);
        var codes = new short[count];
        int mask = (1 << format.Bits) - 1, lowest = format.Symmetry == Symmetry.Symmetric ? -(1 << (format.Bits - 1)) : 0;
        for (int i = 0; i < count; i++)
            codes[i] = (short)((bytes[i] & mask) + lowest);
        var scales = new float[rows];
        var minimums = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            // Rows of a range of about 4, as behind a layer norm.
            scales[row] = (3 + 2 * random.NextSingle()) / mask;
            minimums[row] = lowest < 0 ? 0 : -2 - random.NextSingle();
        }

        return new(buffer, rows) { Codes = codes, Scales = scales, Minimums = minimums };
    }
}
