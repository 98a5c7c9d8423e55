using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>Where the weights of a plan come from.</summary>
internal interface IWeightSource
{
    /// <summary>A <c>weight</c>, modules stacked by rows, fp32 or widened to it.</summary>
    /// <param name="weight">Which.</param>
    /// <param name="rows">Rows that the model wants, of all modules together.</param>
    /// <param name="columns">Columns that the model wants.</param>
    float[] Matrix(PlanWeight weight, int rows, int columns);

    /// <summary>A vector: a layer norm's <c>weight</c>, or a <c>bias</c>, modules stacked.</summary>
    float[] Vector(PlanWeight weight, bool isBias, int length);

    /// <summary>Codes where they are stored; null where the weights are floats that are yet to be quantized.</summary>
    QuantizedMatrix? Codes(PlanWeight weight, int rows, int columns, LinearPrecision precision);

    /// <summary>The calibrated input range of a linear part with static activations.</summary>
    StaticRange InputRange(PlanWeight weight, ActivationFormat format);
}
