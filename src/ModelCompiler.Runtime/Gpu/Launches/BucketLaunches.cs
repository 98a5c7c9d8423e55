using System.Runtime.InteropServices;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Fills in the arguments of a bucket's launches: which buffer, which weight, which part of the batch.</summary>
internal sealed class BucketLaunches
{
    private readonly ExecutionPlan _plan;
    private readonly BucketPlan _bucket;
    private readonly IWeightAddresses _weights;
    private readonly BatchAddresses _batch;
    private readonly ulong _arena;
    private readonly ulong _rendezvous;
    private readonly ITensorMaps _maps;

    private BucketLaunches(ExecutionPlan plan, BucketPlan bucket, IWeightAddresses weights, in BatchAddresses batch, LaneAddresses lane, ITensorMaps maps)
    {
        (_plan, _bucket, _weights, _batch, _maps) = (plan, bucket, weights, batch, maps);
        (_arena, _rendezvous) = (lane.Arena, lane.Rendezvous);
    }

    /// <summary>Arguments of every launch of a bucket, in order.</summary>
    /// <param name="plan">The plan that the bucket was scheduled for.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="weights">Addresses of the weights.</param>
    /// <param name="batch">Addresses of what the host writes.</param>
    /// <param name="lane">Addresses of the lane's memory.</param>
    /// <param name="maps">Makes tensor maps.</param>
    public static BoundLaunch[] Build(
        ExecutionPlan plan, BucketPlan bucket, IWeightAddresses weights, in BatchAddresses batch, LaneAddresses lane, ITensorMaps maps)
    {
        var launches = new BucketLaunches(plan, bucket, weights, batch, lane, maps);
        return [.. bucket.Launches.Select(launch => new BoundLaunch(launch, launches.Argument(launch)))];
    }

    private byte[] Argument(KernelLaunch launch)
    {
        PlanOp op = _plan.Ops[launch.Op];
        StepAddresses steps = Steps(op, launch);
        return launch.Kernel switch
        {
            LinearKernel linear => Gemm(launch, linear, (LinearOp)op, steps),
            AttentionKernel => Bytes(Attention((AttentionOp)op, steps)),
            HopperAttentionKernel kernel => Bytes(Attention(launch, kernel, (AttentionOp)op, steps)),
            QkvAttentionKernel kernel => Bytes(QkvAttention(launch, kernel, (LinearOp)_plan.Ops[launch.FirstOp], steps)),
            FewQkvAttentionKernel kernel => Bytes(FewQkvAttention(kernel, (LinearOp)_plan.Ops[launch.FirstOp], steps)),
            RowsKernel => Bytes(Rows(launch, steps)),
            EmbeddingKernel => Bytes(Embedding((EmbeddingOp)op, steps)),
            PoolKernel => Bytes(Pool((PoolOp)op, steps)),
            DenseKernel => Bytes(Dense((DenseOp)op, _plan.Ops[launch.FirstOp], steps)),
            _ => throw new ArgumentOutOfRangeException(nameof(launch), launch, "Unknown kernel."),
        };
    }

    private byte[] Gemm(KernelLaunch launch, LinearKernel kernel, LinearOp op, in StepAddresses steps)
    {
        GemmArguments arguments = Gemm(kernel, op, steps);
        arguments.RowSlots = Rendezvous(launch);
        if (!kernel.HasActivationMap)
            return Bytes(arguments);
        TensorMap map = Activations(op.Source, arguments.Activations, kernel.Problem, kernel.ActivationBoxRows(), kernel.ActivationBoxBytes());
        return Bytes(new MappedGemmArguments { Activations = map, Linear = arguments });
    }

    /// <summary>Where blocks of the kernel meet in device memory, or 0.</summary>
    private ulong Rendezvous(KernelLaunch launch) => launch.Rendezvous is { } offset ? _rendezvous + (ulong)offset : 0;

    /// <summary>Map of the codes that a product reads.</summary>
    private TensorMap Activations(int buffer, ulong codes, GemmProblem problem, int boxRows, int boxBytes = TensorMap.SwizzledBoxBytes) =>
        _maps.Rows(codes, _bucket.Buffers[buffer].RowsIn(_bucket.Tokens), problem.K * problem.ActivationBits / 8, boxRows, boxBytes);

    private GemmArguments Gemm(LinearKernel kernel, LinearOp op, in StepAddresses steps) =>
        Gemm(op, kernel.WeightOrder, kernel.Epilogue.Ops.Any(step => step is EpilogueOp.StoreRangeParts), kernel is SplitGemmKernel { ReadsValues: true }, steps);

    /// <summary>What a product reads and writes. Where codes and their scales would be, there may be values and the parts of their ranges.</summary>
    private GemmArguments Gemm(LinearOp op, WeightOrder order, bool storesValues, bool readsValues, in StepAddresses steps)
    {
        LinearAddresses weights = _weights.Linear(op.Weight, order);
        QuantizedRows input = Quantized(op.Source);
        bool isCodes = _plan.Buffers[op.Source].Element == BufferElement.Codes && !readsValues;
        return new()
        {
            TokenCount = _batch.TokenCount,
            Activations = input.Codes,
            ActivationScale = isCodes ? input.Scale : 0,
            ActivationLo = isCodes ? input.Lo : 0,
            ActivationSum = isCodes ? input.CodeSum : 0,
            Weights = weights.Weights,
            WeightScale = weights.Scale,
            WeightLo = weights.Lo,
            WeightCorrection = weights.Correction,
            Bias = weights.Bias,
            Residual = steps.Residual,
            Gamma = steps.Norm.Gamma,
            Beta = steps.Norm.Beta,
            Output = storesValues ? steps.Quantized.Codes : steps.Output,
            Quantized = storesValues ? default : steps.Quantized,
            RangeParts = storesValues ? steps.Quantized.Scale : readsValues ? input.Scale : 0,
        };
    }

    private AttentionArguments Attention(AttentionOp op, in StepAddresses steps) => new()
    {
        Qkv = At(op.Source),
        Output = steps.Output,
        SequenceStarts = _batch.SequenceStarts,
        SequenceCount = _batch.SequenceCount,
        TokenCount = _batch.TokenCount,
        Quantized = steps.Quantized,
    };

    private MappedAttentionArguments Attention(KernelLaunch launch, HopperAttentionKernel kernel, AttentionOp op, in StepAddresses steps)
    {
        AttentionArguments arguments = Attention(op, steps);
        int rowBytes = 3 * kernel.Heads * kernel.HeadSize * sizeof(ushort);
        TensorMap map = _maps.Rows(arguments.Qkv, _bucket.Buffers[op.Source].RowsIn(_bucket.Tokens), rowBytes, MappedAttentionArguments.BoxRows);
        return new() { Qkv = map, Attention = arguments, Rendezvous = Rendezvous(launch) };
    }

    private QkvAttentionArguments QkvAttention(KernelLaunch launch, QkvAttentionKernel kernel, LinearOp projection, in StepAddresses steps)
    {
        LinearAddresses weights = _weights.Linear(projection.Weight, kernel.WeightOrder);
        QuantizedRows input = Quantized(projection.Source);
        return new()
        {
            Activations = Activations(projection.Source, input.Codes, kernel.Problem, kernel.Tile.BoxRows),
            Tiles = _batch.Tiles,
            TileCount = _batch.TileCount,
            ActivationScale = input.Scale,
            Weights = weights.Weights,
            WeightScale = weights.Scale,
            Bias = weights.Bias,
            HeadRanges = Rendezvous(launch),
            Quantized = steps.Quantized,
        };
    }

    private FewQkvAttentionArguments FewQkvAttention(FewQkvAttentionKernel kernel, LinearOp projection, in StepAddresses steps) => new()
    {
        Linear = Gemm(projection, kernel.WeightOrder, storesValues: true, readsValues: false, steps),
        SequenceStarts = _batch.SequenceStarts,
        SequenceCount = _batch.SequenceCount,
    };

    private RowsArguments Rows(KernelLaunch launch, in StepAddresses steps) => new()
    {
        Input = At(launch.Scratch!.Value),
        Gamma = steps.Norm.Gamma,
        Beta = steps.Norm.Beta,
        TokenCount = _batch.TokenCount,
        Output = steps.Output,
        Quantized = steps.Quantized,
        Epsilon = steps.Epsilon,
    };

    private EmbeddingArguments Embedding(EmbeddingOp op, in StepAddresses steps) => new()
    {
        TokenIds = _batch.TokenIds,
        TypeIds = op.HasTokenTypes ? _batch.TypeIds : 0,
        Word = _weights.Table(new(WeightRole.WordEmbedding)),
        Position = _weights.Table(new(WeightRole.PositionEmbedding)),
        Type = op.HasTokenTypes ? _weights.Table(new(WeightRole.TokenTypeEmbedding)) : 0,
        Gamma = steps.Norm.Gamma,
        Beta = steps.Norm.Beta,
        SequenceStarts = _batch.SequenceStarts,
        SequenceCount = _batch.SequenceCount,
        TokenCount = _batch.TokenCount,
        Output = steps.Output,
        Quantized = steps.Quantized,
        Epsilon = steps.Epsilon,
        PositionOffset = op.PositionOffset,
    };

    private PoolArguments Pool(PoolOp op, in StepAddresses steps) => new()
    {
        Input = At(op.Source),
        Output = steps.Output,
        SequenceStarts = _batch.SequenceStarts,
        SequenceCount = _batch.SequenceCount,
    };

    /// <param name="op">The layer.</param>
    /// <param name="reads">The op whose input it reads: itself, or the pooling that it stands for too.</param>
    /// <param name="steps">What its steps write.</param>
    private HeadArguments Dense(DenseOp op, PlanOp reads, in StepAddresses steps)
    {
        DenseAddresses weights = _weights.Dense(op.Weight);
        return new()
        {
            Input = At(reads.Input!.Value),
            Weight = weights.Weights,
            Bias = weights.Bias,
            Output = steps.Output,
            SequenceStarts = _batch.SequenceStarts,
            RowCount = op.Rows == RowDomain.Tokens ? _batch.TokenCount : _batch.SequenceCount,
        };
    }

    /// <summary>
    /// What the steps of a launch read and write. Of a split op the first kernel has the steps in front of the first that
    /// needs whole rows and stores to scratch, the rows kernel has the rest.
    /// </summary>
    private StepAddresses Steps(PlanOp op, KernelLaunch launch)
    {
        bool isSecond = launch.Kernel is RowsKernel, isFirst = launch.Scratch is not null && !isSecond;
        IEnumerable<EpilogueStep> steps = op.Epilogue;
        if (isFirst)
            steps = steps.TakeWhile(step => !step.NeedsWholeRow);
        else if (isSecond)
            steps = steps.SkipWhile(step => !step.NeedsWholeRow);

        var found = new StepAddresses { Output = isFirst ? At(launch.Scratch!.Value) : 0 };
        foreach (EpilogueStep step in steps)
        {
            switch (step)
            {
                case ResidualStep residual:
                    found.Residual = At(residual.Buffer);
                    break;
                case LayerNormStep norm:
                    found.Norm = _weights.Norm(norm.Weight);
                    found.Epsilon = (float)norm.Epsilon;
                    break;
                case StoreStep store when !isFirst:
                    found.Output = At(store.Buffer);
                    break;
                case StoreStep store:
                    throw new InvalidOperationException($"{op.Name}: a store to buffer {store.Buffer} in front of the split would overwrite the scratch rows.");
                case QuantizeStep quantize:
                    found.Quantized = Target(quantize);
                    break;
            }
        }

        return found;
    }

    private QuantizedRows Target(QuantizeStep step)
    {
        QuantizedRows rows = Quantized(step.Buffer);
        if (step.Format.Range == ActivationRange.Static)
        {
            CalibratedRange range = _weights.InputRange(step.Consumer)
                ?? throw new InvalidOperationException($"Expected a calibrated input range of {step.Consumer}, found none.");
            (rows.StaticScale, rows.StaticLo) = (range.Scale, range.Minimum);
        }

        return rows;
    }

    /// <summary>
    /// A buffer of codes: rows, then on the arena's alignment S, lo and code sum of each row, one array after the other.
    /// The kernels read these one row at a time, so 4 bytes of alignment are enough for the second and third.
    /// </summary>
    private QuantizedRows Quantized(int buffer)
    {
        DeviceBuffer device = _bucket.Buffers[buffer];
        ulong codes = At(buffer), scale = codes + (ulong)device.MetadataOffset(_bucket.Tokens);
        ulong step = (ulong)device.RowsIn(_bucket.Tokens) * sizeof(float);
        return new() { Codes = codes, Scale = scale, Lo = scale + step, CodeSum = scale + 2 * step };
    }

    private ulong At(int buffer) => _arena + (ulong)_bucket.Arena.Offsets[buffer];

    private static byte[] Bytes<T>(T argument)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in argument)).ToArray();

    /// <summary>Addresses that the steps of a kernel name.</summary>
    private struct StepAddresses
    {
        public ulong Residual, Output;
        public NormAddresses Norm;
        public float Epsilon;
        public QuantizedRows Quantized;
    }
}
