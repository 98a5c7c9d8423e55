using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu.Binding;
using ModelCompiler.Runtime.Cpu.Kernels;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Cpu;

/// <summary>
/// The weights of one plan in the layouts of the CPU executor: quantized, rounded to FP16 storage and packed once, when
/// they are bound. Immutable afterwards; any number of executors may share them.
/// </summary>
public sealed unsafe class CpuWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<PlanWeight, LinearWeights> _linear = [];
    private readonly Dictionary<(PlanWeight Weight, bool IsBias), AlignedMemory<float>> _dense = [];
    private readonly Dictionary<PlanWeight, StaticRange> _inputRanges = [];

    private CpuWeights(ExecutionPlan plan) => Plan = plan;

    /// <summary>The plan that the weights are bound for.</summary>
    public ExecutionPlan Plan { get; }

    /// <summary>
    /// Binds a checkpoint. Floating-point weights are quantized to the nearest code as the plan says; a
    /// <c>pack-quantized</c> checkpoint must hold what the plan says.
    /// </summary>
    /// <param name="plan">What to bind for.</param>
    /// <param name="checkpoint">Weights in Hugging Face layout; not needed afterwards.</param>
    /// <exception cref="TensorMismatchException">A tensor is missing, unknown, of another shape or type, or holds NaN or infinity.</exception>
    /// <exception cref="ModelMismatchException">Packed weights are of another format than the plan's.</exception>
    /// <exception cref="CheckpointFormatException">The <c>quantization_config</c> cannot be read.</exception>
    public static CpuWeights Bind(ExecutionPlan plan, Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Bind(plan, ModelWeights.Load(plan, checkpoint));
    }

    /// <summary>Binds weights that were loaded before.</summary>
    /// <param name="plan">What to bind for: the plan that they were loaded for.</param>
    /// <param name="weights">Not needed afterwards.</param>
    public static CpuWeights Bind(ExecutionPlan plan, ModelWeights weights) => Bind(plan, new LoadedWeightSource(weights));

    /// <summary>Binds weights from any source.</summary>
    internal static CpuWeights Bind(ExecutionPlan plan, IWeightSource source)
    {
        var weights = new CpuWeights(plan);
        try
        {
            foreach (PlanOp op in plan.Ops)
                weights.BindOp(op, source);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Frees the weights. Not while an executor uses them.</summary>
    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
            owned.Dispose();
    }

    internal LinearWeights Linear(PlanWeight weight) => _linear[weight];

    internal float* Table(PlanWeight weight) => _dense[(weight, false)].Pointer;

    internal float* Vector(PlanWeight weight, bool isBias) => _dense[(weight, isBias)].Pointer;

    internal StaticRange InputRange(PlanWeight consumer) => _inputRanges[consumer];

    private void BindOp(PlanOp op, IWeightSource source)
    {
        EncoderModel model = Plan.Model;
        switch (op)
        {
            case EmbeddingOp embedding:
                BindTable(source, WeightRole.WordEmbedding, model.VocabularySize);
                BindTable(source, WeightRole.PositionEmbedding, model.MaxPositions);
                if (embedding.HasTokenTypes)
                    BindTable(source, WeightRole.TokenTypeEmbedding, model.TokenTypes);
                break;
            case LinearOp linear:
                BindLinear(source, linear.Weight, linear.N, linear.K, linear.Precision);
                break;
            case DenseOp dense:
                BindLinear(source, dense.Weight, dense.N, dense.K, LinearPrecision.Float16);
                break;
        }

        foreach (EpilogueStep step in op.Epilogue)
        {
            if (step is LayerNormStep norm)
            {
                Store(norm.Weight, false, source.Vector(norm.Weight, isBias: false, model.HiddenSize));
                Store(norm.Weight, true, source.Vector(norm.Weight, isBias: true, model.HiddenSize));
            }
            else if (step is QuantizeStep { Format.Range: ActivationRange.Static } quantize)
            {
                _inputRanges.Add(quantize.Consumer, source.InputRange(quantize.Consumer, quantize.Format));
            }
        }
    }

    private void BindTable(IWeightSource source, WeightRole role, int rows)
    {
        var weight = new PlanWeight(role);
        Store(weight, false, source.Matrix(weight, rows, Plan.Model.HiddenSize));
    }

    private void BindLinear(IWeightSource source, PlanWeight weight, int n, int k, LinearPrecision precision)
    {
        LinearWeights bound = LinearWeights.Bind(source, weight, n, k, precision);
        _owned.Add(bound);
        _linear.Add(weight, bound);
    }

    private void Store(PlanWeight weight, bool isBias, float[] values)
    {
        var memory = new AlignedMemory<float>(values.Length);
        _owned.Add(memory);
        StorageRounding.ToHalf(values).CopyTo(memory.Span);
        _dense.Add((weight, isBias), memory);
    }
}
