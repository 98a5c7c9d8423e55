using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Byte offsets of a linear part; null for what its format does not have.</summary>
/// <param name="Weights">The weights in each order that some kernel reads.</param>
/// <param name="Scale">fp32 [N], or [K / group, N].</param>
/// <param name="Lo">fp32 [N] value of code 0.</param>
/// <param name="Correction">fp32 [N] S_w · Σ_k q_w, what a row's minimum is multiplied by.</param>
/// <param name="Bias">fp32 [N].</param>
internal sealed record PackedLinear(IReadOnlyDictionary<WeightOrder, long> Weights, long? Scale, long? Lo, long? Correction, long Bias);

/// <summary>Byte offsets of a layer norm, fp32 [H] each.</summary>
internal sealed record PackedNorm(long Gamma, long Beta);

/// <summary>Byte offsets of a head's dense layer: FP16 [N, K] row-major, fp32 [N].</summary>
internal sealed record PackedDense(long Weights, long Bias);

/// <summary>
/// Where every weight of a plan lies in one block of device memory: known from the schedule alone, so that memory can be
/// checked before a checkpoint is read. A linear part lies there once in each order that the kernels of some bucket read.
/// </summary>
internal sealed class WeightPlaces
{
    /// <summary>Places of all weights.</summary>
    public WeightPlaces(ExecutionPlan plan, TargetPlan target)
    {
        EncoderModel model = plan.Model;
        ILookup<int, WeightOrder> orders = target.AllBuckets.SelectMany(bucket => bucket.Launches)
            .Select(OrderOf).OfType<(int Op, WeightOrder Order)>().Distinct().ToLookup(used => used.Op, used => used.Order);
        for (int index = 0; index < plan.Ops.Count; index++)
        {
            PlanOp op = plan.Ops[index];
            switch (op)
            {
                case EmbeddingOp embedding:
                    Table(WeightRole.WordEmbedding, model.VocabularySize);
                    Table(WeightRole.PositionEmbedding, model.MaxPositions);
                    if (embedding.HasTokenTypes)
                        Table(WeightRole.TokenTypeEmbedding, model.TokenTypes);
                    break;
                case LinearOp linear:
                    Linear.Add(linear.Weight, Place(linear, target.Arch, orders[index].Order()));
                    break;
                case DenseOp dense:
                    Dense.Add(dense.Weight, new(Take(2L * dense.N * dense.K), Take(4L * dense.N)));
                    break;
            }

            foreach (LayerNormStep norm in op.Epilogue.OfType<LayerNormStep>())
                Norms.Add(norm.Weight, new(Take(4L * model.HiddenSize), Take(4L * model.HiddenSize)));
        }

        void Table(WeightRole role, int rows) => Tables.Add(new(role), Take(2L * rows * model.HiddenSize));
    }

    public Dictionary<PlanWeight, PackedLinear> Linear { get; } = [];

    public Dictionary<PlanWeight, PackedNorm> Norms { get; } = [];

    public Dictionary<PlanWeight, long> Tables { get; } = [];

    public Dictionary<PlanWeight, PackedDense> Dense { get; } = [];

    /// <summary>Size of the block.</summary>
    public long Bytes { get; private set; }

    private static (int Op, WeightOrder Order)? OrderOf(KernelLaunch launch) =>
        launch.Kernel.WeightsRead() is { } weights ? (launch.FirstOp, weights.Order) : null;

    private PackedLinear Place(LinearOp op, GpuArch arch, IEnumerable<WeightOrder> orders)
    {
        GemmProblem problem = GemmProblem.For(op.N, op.K, op.Precision, arch);
        WeightFormat format = op.Precision.Weights;
        int groups = format.GroupSize > 0 ? op.K / format.GroupSize : 1;
        bool lowActivations = op.Precision.Activations is { IsQuantized: true, Symmetry: Symmetry.Asymmetric };
        long vector = 4L * op.N;
        return new(
            orders.ToDictionary(order => order, order => Take(WeightLayout.For(problem, order).Bytes)),
            format.IsQuantized ? Take(groups * vector) : null,
            format is { IsQuantized: true, Symmetry: Symmetry.Asymmetric } ? Take(vector) : null,
            lowActivations ? Take(vector) : null,
            Take(vector));
    }

    private long Take(long bytes)
    {
        long offset = Bytes;
        Bytes += Arena.Align(bytes);
        return offset;
    }
}
