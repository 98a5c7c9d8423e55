using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Work;

/// <summary>
/// Counts the work of a plan's ops for a batch. Weights count as the checkpoint stores them, activations as they lie in
/// device memory of a bucket that the batch fills: INT4 codes take a byte on chips without INT4 tensor cores, unless
/// <see cref="PackedCodes"/> has two in each. Of weights that are 2:4 sparse, only the
/// half that can be other than zero counts, with two bits that tell its place.
/// </summary>
public static class PlanWork
{
    private const int FloatBytes = 4, HalfBytes = 2;

    /// <summary>Scale, minimum and code sum of a row.</summary>
    private const int MetadataBytes = 3 * FloatBytes;

    /// <summary>Work of each op, in the order of the plan.</summary>
    public static EquatableArray<OpWork> Count(ExecutionPlan plan, GpuArch arch, BatchShape batch)
    {
        IReadOnlyCollection<int> packed = PackedCodes.Buffers(plan, arch, batch.Tokens);
        return plan.Ops.Select(op => Count(plan, op, batch, BufferBytes)).ToEquatableArray();

        long BufferBytes(int id)
        {
            PlanBuffer buffer = plan.Buffers[id];
            int codeBits = packed.Contains(id) ? buffer.Format.Bits : CodeContainer.Bits(buffer.Format, arch);
            return Rows(buffer.Rows, batch) * buffer.Element switch
            {
                BufferElement.Float32 => buffer.Columns * FloatBytes,
                BufferElement.Float16 => buffer.Columns * HalfBytes,
                _ => buffer.Columns * codeBits / 8 + MetadataBytes,
            };
        }
    }

    /// <summary>Work of a whole forward pass.</summary>
    public static OpWork Total(ExecutionPlan plan, GpuArch arch, BatchShape batch) =>
        Count(plan, arch, batch).Aggregate(default(OpWork), (sum, op) => sum + op);

    /// <param name="plan">The plan.</param>
    /// <param name="op">One of its ops.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="bufferBytes">Bytes of the batch's rows of a buffer.</param>
    private static OpWork Count(ExecutionPlan plan, PlanOp op, BatchShape batch, Func<int, long> bufferBytes)
    {
        OpWork work = Producer(plan, op, batch);
        if (op.Input is { } input)
        {
            // A pool that takes the first token reads one row a sequence.
            long bytes = op is PoolOp { Kind: PoolKind.First } pool
                ? (long)batch.Sequences * pool.Columns * HalfBytes
                : bufferBytes(input);
            work += new OpWork { ReadBytes = bytes };
        }

        foreach (EpilogueStep step in op.Epilogue)
            work += Step(plan, op, step, bufferBytes);
        return work;
    }

    private static OpWork Producer(ExecutionPlan plan, PlanOp op, BatchShape batch) => op switch
    {
        LinearOp linear => Linear(linear, batch.Tokens),
        // Q·Kᵀ and probabilities·V: Length² products of HeadSize for each head, twice.
        AttentionOp attention => new() { HalfMultiplyAdds = 2L * batch.Tokens * batch.Length * attention.Heads * attention.HeadSize },
        EmbeddingOp embedding => new() { WeightBytes = Tables(plan.Model, embedding, batch), ReadBytes = 2L * batch.Tokens * sizeof(int) },
        DenseOp dense => new()
        {
            FloatMultiplyAdds = Rows(dense.Rows, batch) * dense.N * dense.K,
            WeightBytes = (long)dense.N * dense.K * HalfBytes,
        },
        PoolOp => default,
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Unknown plan op."),
    };

    private static OpWork Linear(LinearOp op, int tokens)
    {
        WeightFormat format = op.Precision.Weights;
        bool isSparse = format.Sparsity == Sparsity.TwoOfFour;
        int inputs = isSparse ? op.K / 2 : op.K;
        long multiplyAdds = (long)tokens * op.N * inputs;
        long bytes = (long)op.N * inputs * (format.Bits + (isSparse ? 2 : 0)) / 8;
        if (format.IsQuantized)
        {
            int groups = format.GroupSize > 0 ? op.K / format.GroupSize : 1;
            bytes += (long)op.N * groups * FloatBytes; // scales
            if (format.Symmetry == Symmetry.Asymmetric)
                bytes += (long)op.N * FloatBytes; // minima
            if (op.Precision.Activations is { IsQuantized: true, Symmetry: Symmetry.Asymmetric })
                bytes += (long)op.N * FloatBytes; // what a token's minimum is multiplied by
        }

        return op.Precision.IsInteger
            ? new() { IntegerMultiplyAdds = multiplyAdds, WeightBytes = bytes }
            : new() { HalfMultiplyAdds = multiplyAdds, WeightBytes = bytes };
    }

    /// <summary>A word row a token; position rows as many as a sequence is long, and both token type rows, are shared by the batch.</summary>
    private static long Tables(EncoderModel model, EmbeddingOp op, BatchShape batch) =>
        ((long)batch.Tokens + batch.Length + (op.HasTokenTypes ? model.TokenTypes : 0)) * model.HiddenSize * HalfBytes;

    private static OpWork Step(ExecutionPlan plan, PlanOp op, EpilogueStep step, Func<int, long> bufferBytes) => step switch
    {
        BiasStep => new() { WeightBytes = (long)Columns(op) * FloatBytes },
        ActivationStep => default,
        ResidualStep residual => new() { ReadBytes = bufferBytes(residual.Buffer) },
        LayerNormStep => new() { WeightBytes = 2L * plan.Model.HiddenSize * FloatBytes },
        StoreStep store => new() { WrittenBytes = bufferBytes(store.Buffer) },
        QuantizeStep quantize => new() { WrittenBytes = bufferBytes(quantize.Buffer) },
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, "Unknown epilogue step."),
    };

    private static int Columns(PlanOp op) => op switch
    {
        LinearOp linear => linear.N,
        DenseOp dense => dense.N,
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "Only linear and dense ops have a bias."),
    };

    private static long Rows(RowDomain domain, BatchShape batch) => domain == RowDomain.Tokens ? batch.Tokens : batch.Sequences;
}
