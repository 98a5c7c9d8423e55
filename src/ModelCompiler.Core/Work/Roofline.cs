using ModelCompiler.Core.Planning;

namespace ModelCompiler.Core.Work;

/// <summary>What a chip sustains.</summary>
/// <param name="IntegerMultiplyAdds">INT8 tensor-core multiply-adds a second.</param>
/// <param name="HalfMultiplyAdds">FP16 tensor-core multiply-adds a second.</param>
/// <param name="FloatMultiplyAdds">fp32 multiply-adds a second.</param>
/// <param name="MemoryBytes">Bytes a second from and to device memory.</param>
/// <param name="CacheBytes">Bytes a second from and to the second-level cache.</param>
/// <param name="CacheSize">Bytes that the second-level cache holds.</param>
public sealed record ChipRates(
    double IntegerMultiplyAdds, double HalfMultiplyAdds, double FloatMultiplyAdds, double MemoryBytes, double CacheBytes, long CacheSize);

/// <summary>The shortest times that a chip's rates allow, in seconds.</summary>
/// <param name="Compute">Arithmetic alone.</param>
/// <param name="Transfer">Bytes alone.</param>
/// <param name="Bound">Sum over ops of the larger of the two, because an op overlaps them but ops follow each other.</param>
public readonly record struct RooflineTime(double Compute, double Transfer, double Bound)
{
    /// <summary>Two ops, one after the other.</summary>
    public static RooflineTime operator +(RooflineTime left, RooflineTime right) =>
        new(left.Compute + right.Compute, left.Transfer + right.Transfer, left.Bound + right.Bound);
}

/// <summary>
/// The roofline model (Williams, Waterman, Patterson 2009) of a plan on a chip. Optimistic on purpose: launches cost
/// nothing, and whatever fits the second-level cache comes from there.
/// </summary>
public static class Roofline
{
    /// <summary>Times of each op of a batch.</summary>
    public static EquatableArray<RooflineTime> Of(ExecutionPlan plan, GpuArch arch, BatchShape batch, ChipRates rates)
    {
        EquatableArray<OpWork> ops = PlanWork.Count(plan, arch, batch);
        // Between two uses of a weight lie all others, so they stay in the cache together or not at all.
        bool cachesWeights = ops.Sum(op => op.WeightBytes) <= rates.CacheSize;
        return ops.Select(op => Of(op, rates, cachesWeights)).ToEquatableArray();
    }

    /// <summary>Times of one op.</summary>
    /// <param name="work">What it does.</param>
    /// <param name="rates">What the chip sustains.</param>
    /// <param name="cachesWeights">Weights are still in the cache from the batch before.</param>
    public static RooflineTime Of(OpWork work, ChipRates rates, bool cachesWeights)
    {
        double compute = work.IntegerMultiplyAdds / rates.IntegerMultiplyAdds + work.HalfMultiplyAdds / rates.HalfMultiplyAdds
            + work.FloatMultiplyAdds / rates.FloatMultiplyAdds;
        double transfer = work.WeightBytes / (cachesWeights ? rates.CacheBytes : rates.MemoryBytes)
            + work.ActivationBytes / (work.ActivationBytes <= rates.CacheSize ? rates.CacheBytes : rates.MemoryBytes);
        return new(compute, transfer, Math.Max(compute, transfer));
    }
}
