using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>The weights of a plan in device layout, in one block of host memory that is copied as it is.</summary>
internal sealed unsafe class WeightImage : IDisposable
{
    private readonly HostBlock _block;
    private readonly WeightPlaces _places;
    private readonly Dictionary<PlanWeight, CalibratedRange> _ranges = [];

    private WeightImage(WeightPlaces places)
    {
        _places = places;
        Length = places.Bytes;
        _block = new(places.Bytes);
    }

    /// <summary>First byte.</summary>
    public byte* Pointer => _block.Pointer;

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>Bytes of the image of a plan.</summary>
    public static long SizeOf(ExecutionPlan plan, TargetPlan target) => new WeightPlaces(plan, target).Bytes;

    /// <summary>Packs the weights of a plan in the orders that the kernels of its schedule read.</summary>
    public static WeightImage Pack(ExecutionPlan plan, TargetPlan target, ModelWeights weights)
    {
        var image = new WeightImage(new(plan, target));
        try
        {
            foreach ((PlanWeight weight, long offset) in image._places.Tables)
                image.Store(weights.Get<TableWeight>(weight).Values, offset);
            foreach ((PlanWeight weight, PackedNorm place) in image._places.Norms)
            {
                NormWeight norm = weights.Get<NormWeight>(weight);
                image.StoreRounded(norm.Gamma, place.Gamma);
                image.StoreRounded(norm.Beta, place.Beta);
            }

            foreach ((PlanWeight weight, PackedDense place) in image._places.Dense)
            {
                Float16LinearWeight dense = weights.Get<Float16LinearWeight>(weight);
                image.Store(dense.Values, place.Weights);
                image.StoreRounded(dense.Bias, place.Bias);
            }

            foreach (LinearOp op in plan.Ops.OfType<LinearOp>())
                image.StoreLinear(GemmProblem.For(op.N, op.K, op.Precision, target.Arch), op.Weight, weights);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public PackedLinear Linear(PlanWeight weight) => _places.Linear[weight];

    public PackedNorm Norm(PlanWeight weight) => _places.Norms[weight];

    public PackedDense Dense(PlanWeight weight) => _places.Dense[weight];

    public long Table(PlanWeight weight) => _places.Tables[weight];

    public CalibratedRange? InputRange(PlanWeight weight) => _ranges.TryGetValue(weight, out CalibratedRange range) ? range : null;

    /// <summary>Frees the host memory; places and ranges stay.</summary>
    public void Dispose() => _block.Dispose();

    private void StoreLinear(GemmProblem problem, PlanWeight weight, ModelWeights weights)
    {
        PackedLinear place = _places.Linear[weight];
        switch (weights.Get<LoadedWeight>(weight))
        {
            case Float16LinearWeight linear:
                foreach ((WeightOrder order, long offset) in place.Weights)
                    WeightLayout.For(problem, order).Pack(linear.Values, Pointer + offset);
                StoreRounded(linear.Bias, place.Bias);
                break;
            case QuantizedLinearWeight linear:
                foreach ((WeightOrder order, long offset) in place.Weights)
                    WeightLayout.For(problem, order).Pack(linear.Weights, Pointer + offset);
                StoreRounded(linear.Bias, place.Bias);
                StoreScales(linear.Weights, place);
                if (linear.Input is { } range)
                    _ranges.Add(weight, range);
                break;
            case var other:
                throw new InvalidOperationException($"Expected {weight} as a linear layer, found {other.GetType().Name}.");
        }
    }

    /// <summary>Scales group by group, minima, and what a token's minimum is multiplied by, summed over groups in order.</summary>
    private void StoreScales(Quantization.QuantizedLinear linear, PackedLinear place)
    {
        int n = linear.Rows, groups = linear.Groups, size = linear.Columns / groups;
        Span<float> scale = _block.Span<float>(place.Scale!.Value, groups * n);
        for (int i = 0; i < linear.Scales.Length; i++)
            scale[i % groups * n + i / groups] = linear.Scales[i];
        if (place.Lo is { } lo)
            linear.Minima.CopyTo(_block.Span<float>(lo, n));
        if (place.Correction is not { } offset)
            return;
        bool isSigned = linear.Format.Symmetry == Symmetry.Symmetric;
        Span<float> correction = _block.Span<float>(offset, n);
        for (int i = 0; i < linear.Scales.Length; i++)
        {
            int sum = 0;
            foreach (byte code in linear.Codes.AsSpan(i * size, size))
                sum += isSigned ? (sbyte)code : code;
            correction[i / groups] += linear.Scales[i] * (float)sum;
        }
    }

    private void Store(Half[] values, long offset) => values.CopyTo(_block.Span<Half>(offset, values.Length));

    /// <summary>Vectors have FP16 values, as docs/numerics.md says, in fp32 storage.</summary>
    private void StoreRounded(float[] values, long offset)
    {
        Span<float> target = _block.Span<float>(offset, values.Length);
        for (int i = 0; i < values.Length; i++)
            target[i] = (float)(Half)values[i];
    }
}
