using System.Collections.Concurrent;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>Random weights of FP16 values in the sizes that trained encoders have; the same for every plan of a model.</summary>
internal sealed class RandomWeights(int seed = 1) : IWeightSource
{
    private readonly ConcurrentDictionary<(PlanWeight, int), float[]> _made = new();

    public StaticRange Range { get; init; } = new(0.04f, -3.2f);

    public float[] Matrix(PlanWeight weight, int rows, int columns) =>
        Values(weight, 0, rows * columns, weight.Role < WeightRole.EmbeddingNorm ? 0.5f : 1.2f / MathF.Sqrt(columns), 0);

    public float[] Vector(PlanWeight weight, bool isBias, int length) =>
        isBias ? Values(weight, 1, length, 0.1f, 0) : Values(weight, 2, length, 0.1f, 1);

    public QuantizedMatrix? Codes(PlanWeight weight, int rows, int columns, LinearPrecision precision) => null;

    public StaticRange InputRange(PlanWeight weight, ActivationFormat format) =>
        format.Symmetry == Symmetry.Asymmetric ? Range : Range with { Minimum = 0 };

    // Binding rounds arrays in place, which leaves FP16 values as they are: sharing them is safe.
    private float[] Values(PlanWeight weight, int kind, int count, float scale, float mean) =>
        _made.GetOrAdd((weight, kind), _ => Make(weight, kind, count, scale, mean));

    private float[] Make(PlanWeight weight, int kind, int count, float scale, float mean)
    {
        var random = new Random(((seed * 31 + (int)weight.Role) * 31 + weight.Layer) * 31 + kind);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            double sum = random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2;
            values[i] = (float)(Half)(float)(sum * Math.Sqrt(3) * scale + mean);
        }

        return values;
    }
}
