using ModelCompiler.Core.Planning;

namespace ModelCompiler.Conformance.Weights;

/// <summary>Random values that FP16 holds exactly, in the sizes that trained encoders have: the same for every plan of a model.</summary>
/// <param name="seed">Seed of the case.</param>
/// <param name="gain">Size of what the parts give.</param>
internal sealed class RandomValues(int seed, WeightGain gain)
{
    /// <summary>A table, or a matrix whose products are of <see cref="WeightGain"/> times the size of their inputs.</summary>
    /// <param name="weight">Which.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns; inputs of a matrix.</param>
    public float[] Matrix(PlanWeight weight, int rows, int columns) =>
        Make(weight, 0, checked(rows * columns), weight.Role < WeightRole.EmbeddingNorm ? 0.5f : gain.Of(weight.Role) / MathF.Sqrt(columns), 0);

    /// <summary>A bias or beta.</summary>
    public float[] Bias(PlanWeight weight, int length) => Make(weight, 1, length, 0.1f, 0);

    /// <summary>A layer norm's factor.</summary>
    public float[] Gamma(PlanWeight weight, int length) => Make(weight, 2, length, 0.1f, 1);

    /// <summary>Roughly normal, from the sum of four uniform numbers.</summary>
    private float[] Make(PlanWeight weight, int kind, int count, float scale, float mean)
    {
        var random = new Random(unchecked((((seed * 31) + (int)weight.Role) * 31 + weight.Layer) * 31 + kind));
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            float sum = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2;
            values[i] = (float)(Half)(sum * 1.7320508f * scale + mean);
        }

        return values;
    }
}
