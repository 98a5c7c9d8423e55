namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>Random rows and the distance between two of them.</summary>
internal static class Rows
{
    /// <summary>Roughly normal numbers of unit variance.</summary>
    public static float[] Random(Random random, int count, float scale = 1)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * Math.Sqrt(3)) * scale;
        return values;
    }

    /// <summary>‖found - expected‖ / ‖expected‖.</summary>
    public static double RelativeError(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        found.Length.ShouldBe(expected.Length);
        double difference = 0, norm = 0;
        for (int i = 0; i < found.Length; i++)
        {
            difference += Math.Pow((double)found[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(difference / norm);
    }
}
