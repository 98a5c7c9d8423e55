using System.Numerics.Tensors;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;

namespace ModelCompiler.Runtime;

/// <summary>Hands loaded weights to the CPU executor, which packs them in its own layout.</summary>
internal sealed class LoadedWeightSource(ModelWeights weights) : IWeightSource
{
    /// <inheritdoc/>
    public float[] Matrix(PlanWeight weight, int rows, int columns)
    {
        Half[] halves = weights.Get<LoadedWeight>(weight) switch
        {
            TableWeight table => table.Values,
            Float16LinearWeight linear => linear.Values,
            var other => throw new InvalidOperationException($"Expected {weight} in FP16, found {other.GetType().Name}."),
        };
        var values = new float[halves.Length];
        TensorPrimitives.ConvertToSingle(halves, values);
        return values;
    }

    /// <inheritdoc/>
    public float[] Vector(PlanWeight weight, bool isBias, int length) => weights.Get<LoadedWeight>(weight) switch
    {
        NormWeight norm => isBias ? norm.Beta : norm.Gamma,
        Float16LinearWeight linear when isBias => linear.Bias,
        QuantizedLinearWeight linear when isBias => linear.Bias,
        var other => throw new InvalidOperationException($"Expected a vector of {weight}, found {other.GetType().Name}."),
    };

    /// <inheritdoc/>
    public QuantizedMatrix? Codes(PlanWeight weight, int rows, int columns, LinearPrecision precision) =>
        QuantizedMatrix.From(weights.Get<QuantizedLinearWeight>(weight).Weights);

    /// <inheritdoc/>
    public StaticRange InputRange(PlanWeight weight, ActivationFormat format)
    {
        CalibratedRange range = weights.Get<QuantizedLinearWeight>(weight).Input
            ?? throw new InvalidOperationException($"Expected a calibrated input range of {weight}, found none.");
        return new(range.Scale, range.Minimum);
    }
}
