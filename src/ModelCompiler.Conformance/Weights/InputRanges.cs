using System.Numerics.Tensors;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Conformance.Weights;

/// <summary>
/// What enters each linear part of the FP16 model on random tokens, other ones than those that are compared: some values
/// of the comparison lie beyond the range, as they do after a real calibration.
/// </summary>
internal sealed class InputRanges : ICpuObserver
{
    private readonly Dictionary<PlanWeight, (float Low, float High)> _ranges = [];

    private InputRanges()
    {
    }

    /// <summary>Runs a model in FP16 and keeps the ranges.</summary>
    /// <param name="plan">An FP16 plan.</param>
    /// <param name="weights">Makes its weights.</param>
    /// <param name="seed">Seed of the case.</param>
    public static InputRanges Observe(ExecutionPlan plan, Func<ExecutionPlan, ModelWeights> weights, int seed)
    {
        var ranges = new InputRanges();
        using CpuWeights bound = CpuWeights.Bind(plan, weights(plan));
        using var executor = new CpuExecutor(bound, new() { Threads = 1 }) { Observer = ranges };
        ConformanceBatch batch = ConformanceBatch.Random(plan.Model, [32, 8, 24], seed + 1);
        executor.Run(batch.Ids, batch.Lengths, batch.Types, new float[executor.OutputLength(batch.Ids.Length, batch.Lengths.Length)]);
        return ranges;
    }

    /// <inheritdoc/>
    public void OnLinear(LinearObservation observation)
    {
        (float low, float high) = _ranges.GetValueOrDefault(observation.Op.Weight, (float.PositiveInfinity, float.NegativeInfinity));
        _ranges[observation.Op.Weight] =
            (Math.Min(low, TensorPrimitives.Min(observation.Input)), Math.Max(high, TensorPrimitives.Max(observation.Input)));
    }

    /// <summary>Scale and minimum for a part's input; docs/numerics.md, quantizers.</summary>
    public CalibratedRange RangeOf(PlanWeight weight, ActivationFormat format)
    {
        (float low, float high) = _ranges[weight];
        return format.Symmetry == Symmetry.Asymmetric
            ? new((high - low) / ((1 << format.Bits) - 1), low)
            : new(Math.Max(Math.Abs(low), Math.Abs(high)) / ((1 << (format.Bits - 1)) - 1), 0);
    }
}
