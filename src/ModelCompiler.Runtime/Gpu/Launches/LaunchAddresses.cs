using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Device addresses of what the host writes for each batch; see <see cref="BatchLayout"/>.</summary>
internal readonly record struct BatchAddresses
{
    /// <summary>[1] tokens of the batch.</summary>
    public required ulong TokenCount { get; init; }

    /// <summary>[1] sequences of the batch.</summary>
    public required ulong SequenceCount { get; init; }

    /// <summary>[sequences + 1].</summary>
    public required ulong SequenceStarts { get; init; }

    /// <summary>[1] tiles of whole sequences.</summary>
    public required ulong TileCount { get; init; }

    /// <summary>[tiles].</summary>
    public required ulong Tiles { get; init; }

    /// <summary>[tokens].</summary>
    public required ulong TokenIds { get; init; }

    /// <summary>[tokens].</summary>
    public required ulong TypeIds { get; init; }
}

/// <summary>Device addresses of a lane's own memory.</summary>
/// <param name="Arena">Intermediate values.</param>
/// <param name="Rendezvous">Where blocks of one kernel meet; zero when a graph starts.</param>
internal readonly record struct LaneAddresses(ulong Arena, ulong Rendezvous);

/// <summary>Device addresses of a linear part; 0 for what its format does not have.</summary>
internal readonly record struct LinearAddresses(ulong Weights, ulong Scale, ulong Lo, ulong Correction, ulong Bias);

/// <summary>Device addresses of a layer norm, fp32.</summary>
internal readonly record struct NormAddresses(ulong Gamma, ulong Beta);

/// <summary>Device addresses of a head's dense layer: FP16 weights, fp32 bias.</summary>
internal readonly record struct DenseAddresses(ulong Weights, ulong Bias);

/// <summary>Where the weights of a plan lie in device memory.</summary>
internal interface IWeightAddresses
{
    /// <summary>A linear part, its weights in the order that a kernel reads.</summary>
    LinearAddresses Linear(PlanWeight weight, WeightOrder order);

    NormAddresses Norm(PlanWeight weight);

    ulong Table(PlanWeight weight);

    DenseAddresses Dense(PlanWeight weight);

    /// <summary>The calibrated input range of a linear part; null where ranges are taken per token.</summary>
    CalibratedRange? InputRange(PlanWeight consumer);
}

/// <summary>A launch of a bucket with all addresses in it.</summary>
/// <param name="Launch">What runs.</param>
/// <param name="Argument">Bytes of the kernel's one parameter.</param>
internal sealed record BoundLaunch(KernelLaunch Launch, byte[] Argument);
