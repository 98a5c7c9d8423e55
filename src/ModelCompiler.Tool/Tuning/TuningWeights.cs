using ModelCompiler.Conformance;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Random weights of all layers of a subject, in every order that one of its candidates reads.</summary>
internal static class TuningWeights
{
    /// <summary>Makes the weights and copies them to the GPU.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="subject">The encoder.</param>
    /// <param name="kernels">Kernels that will be measured on it.</param>
    public static DeviceWeights Upload(CudaContext context, TuningSubject subject, IEnumerable<KernelPlan> kernels)
    {
        ExecutionPlan whole = subject.Whole();
        using WeightImage image = WeightImage.Pack(whole, Readers(whole, subject.Arch, kernels), Repeated(whole));
        return DeviceWeights.Upload(context, image);
    }

    /// <summary>A schedule that names every order in which some kernel reads each weight.</summary>
    public static TargetPlan Readers(ExecutionPlan plan, GpuArch arch, IEnumerable<KernelPlan> kernels)
    {
        // Kernels with packed codes read the same weights.
        ILookup<(int, int, LinearPrecision), KernelPlan> byWeights = kernels.Where(k => k.WeightsRead() is not null)
            .DistinctBy(k => k.WeightsRead()).ToLookup(k => WeightsOf(k.WeightsRead()!.Value.Problem));
        IEnumerable<KernelLaunch> launches =
            from op in plan.Ops.Select((op, index) => (Linear: op as LinearOp, Index: index))
            where op.Linear is not null
            from kernel in byWeights[WeightsOf(GemmProblem.For(op.Linear.N, op.Linear.K, op.Linear.Precision, arch))]
            select KernelLaunch.From(op.Index, kernel);
        var bucket = new BucketPlan(1, launches.ToEquatableArray(), default, new(default, 0), 0);
        return new(arch, new(bucket), default, default, default);

        static (int N, int K, LinearPrecision Precision) WeightsOf(GemmProblem problem) => (problem.N, problem.K, problem.Precision);
    }

    /// <summary>One layer's random values serve all: the GPU cannot tell, and they are made in a fraction of the time.</summary>
    /// <param name="whole">A plan without dense layers in its head.</param>
    public static ModelWeights Repeated(ExecutionPlan whole)
    {
        EncoderModel single = whole.Model with { Layers = 1 };
        ExecutionPlan plan = Planner.Plan(single, whole.Scheme);
        ModelWeights made = RandomModelWeights.Create(new ConformanceCase("tune", single, whole.Scheme, new(new(32), 32), [1]), plan);
        IEnumerable<PlanWeight> names = whole.Ops.OfType<LinearOp>().Select(op => op.Weight)
            .Concat(whole.Ops.SelectMany(op => op.Epilogue).OfType<LayerNormStep>().Select(step => step.Weight))
            .Append(new(WeightRole.WordEmbedding)).Append(new(WeightRole.PositionEmbedding));
        if (whole.Model.TokenTypes > 0)
            names = names.Append(new(WeightRole.TokenTypeEmbedding));
        return new(whole, names.Select(name => KeyValuePair.Create(name, made.Get<LoadedWeight>(name.Layer < 0 ? name : name with { Layer = 0 }))));
    }
}

/// <summary>The weights as a later layer sees them: a plan's first layers run with those of the layers behind.</summary>
/// <param name="weights">All layers.</param>
/// <param name="layers">Number of layers.</param>
/// <param name="shift">Layers to go on by.</param>
internal sealed class ShiftedWeights(IWeightAddresses weights, int layers, int shift) : IWeightAddresses
{
    /// <inheritdoc/>
    public LinearAddresses Linear(PlanWeight weight, WeightOrder order) => weights.Linear(Shift(weight), order);

    /// <inheritdoc/>
    public NormAddresses Norm(PlanWeight weight) => weights.Norm(Shift(weight));

    /// <inheritdoc/>
    public ulong Table(PlanWeight weight) => weights.Table(weight);

    /// <inheritdoc/>
    public DenseAddresses Dense(PlanWeight weight) => weights.Dense(weight);

    /// <inheritdoc/>
    public CalibratedRange? InputRange(PlanWeight consumer) => weights.InputRange(Shift(consumer));

    private PlanWeight Shift(PlanWeight weight) => weight.Layer < 0 ? weight : weight with { Layer = (weight.Layer + shift) % layers };
}
