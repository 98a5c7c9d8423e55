using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;

namespace ModelCompiler.Benchmarks;

/// <summary>Random weights of a plausible size: timing does not depend on what they say.</summary>
internal sealed class RandomWeights : IWeightSource
{
    private readonly Random _random = new(1);

    public float[] Matrix(PlanWeight weight, int rows, int columns) => Values(rows * columns, 0.05f);

    public float[] Vector(PlanWeight weight, bool isBias, int length) => Values(length, 1);

    public QuantizedMatrix? Codes(PlanWeight weight, int rows, int columns, LinearPrecision precision) => null;

    public StaticRange InputRange(PlanWeight weight, ActivationFormat format) => new(0.05f, -6);

    private float[] Values(int count, float scale)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (_random.NextSingle() - 0.5f) * scale;
        return values;
    }
}
