using ModelCompiler.Training.Checkpoints;

namespace ModelCompiler.Training.Tests;

/// <summary>Tensors of tests, from seeds.</summary>
internal static class Tensors
{
    public static float[] Random(int count, int seed, float scale = 1)
    {
        var random = new Training.Data.SeededRandom(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = scale * (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        return values;
    }

    public static Tensor Of(float[] values, params long[] shape) => torch.tensor(values, shape, torch.float32, torch.CPU);

    public static float[] ToArray(this Tensor tensor) => StateTensors.ToArray(tensor);

    /// <summary>‖a - b‖ / ‖b‖.</summary>
    public static double RelativeError(float[] a, float[] b)
    {
        a.Length.ShouldBe(b.Length);
        double error = 0, norm = 0;
        for (int i = 0; i < a.Length; i++)
        {
            error += Math.Pow(a[i] - b[i], 2);
            norm += Math.Pow(b[i], 2);
        }

        return Math.Sqrt(error / norm);
    }
}
