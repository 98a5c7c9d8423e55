using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Schedules one bucket: each plan op becomes one kernel, or two where whole rows cannot be had in one.</summary>
internal sealed class BucketScheduler(ExecutionPlan plan, GpuArch arch, int tokens)
{
    private readonly List<KernelLaunch> _launches = [];
    private readonly List<DeviceBuffer> _scratch = [];

    public BucketPlan Schedule()
    {
        for (int op = 0; op < plan.Ops.Count; op++)
            Lower(op, plan.Ops[op]);
        EquatableArray<DeviceBuffer> buffers = plan.Buffers.Select(Place).Concat(_scratch).ToEquatableArray();
        return new(tokens, _launches.ToEquatableArray(), buffers, Arena.Place(buffers, tokens));
    }

    private void Lower(int index, PlanOp op)
    {
        var epilogue = EpilogueSpec.From(plan, op, arch);
        switch (op)
        {
            case LinearOp linear:
                Gemm(index, linear, epilogue);
                break;
            case AttentionOp attention:
                Attention(index, attention, epilogue);
                break;
            case EmbeddingOp embedding:
                Launch(index, new EmbeddingKernel(arch, plan.Model.HiddenSize, embedding.PositionOffset, embedding.HasTokenTypes, epilogue));
                break;
            case PoolOp pool:
                Launch(index, new PoolKernel(arch, pool.Columns, pool.Kind, pool.Normalize, epilogue));
                break;
            case DenseOp dense:
                Launch(index, new DenseKernel(arch, dense.N, dense.K, dense.Rows, epilogue));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(op), op, "Unknown plan op.");
        }
    }

    private void Gemm(int index, LinearOp op, EpilogueSpec epilogue)
    {
        GemmProblem problem = GemmProblem.For(op.N, op.K, op.Precision, arch);
        if (TileRules.Scope(problem, epilogue, arch) is { } scope)
        {
            Launch(index, new GemmKernel(arch, problem, TileRules.Tile(problem, scope, tokens), scope, epilogue));
            return;
        }

        (EpilogueSpec first, EpilogueSpec second) = epilogue.SplitAtWholeRow();
        TileConfig tile = TileRules.Tile(problem, RowScope.Partial, tokens);
        LaunchSplit(index, op.Name, op.N, new GemmKernel(arch, problem, tile, RowScope.Partial, first), second);
    }

    private void Attention(int index, AttentionOp op, EpilogueSpec epilogue)
    {
        int perBlock = AttentionKernel.HeadsThatFit(op.Heads, op.HeadSize);
        if (perBlock == op.Heads || !epilogue.NeedsWholeRow)
        {
            Launch(index, new AttentionKernel(arch, op.Heads, op.HeadSize, perBlock, epilogue));
            return;
        }

        (EpilogueSpec first, EpilogueSpec second) = epilogue.SplitAtWholeRow();
        LaunchSplit(index, op.Name, op.Heads * op.HeadSize, new AttentionKernel(arch, op.Heads, op.HeadSize, perBlock, first), second);
    }

    private void LaunchSplit(int index, string name, int columns, KernelPlan first, EpilogueSpec rest)
    {
        int launch = _launches.Count;
        int scratch = plan.Buffers.Count + _scratch.Count;
        _scratch.Add(new(name + ".scratch", RowDomain.Tokens, columns * sizeof(float), 0, launch, launch + 1));
        Launch(index, first, scratch);
        Launch(index, new RowsKernel(arch, columns, rest), scratch);
    }

    private void Launch(int op, KernelPlan kernel, int? scratch = null) => _launches.Add(new(kernel, op, scratch));

    /// <summary>A plan buffer in this architecture's layout, alive over launches instead of ops.</summary>
    private DeviceBuffer Place(PlanBuffer buffer)
    {
        int bits = buffer.Element switch
        {
            BufferElement.Float32 => 32,
            BufferElement.Float16 => 16,
            _ => CodeContainer.Bits(buffer.Format, arch),
        };
        int metadata = buffer.Element == BufferElement.Codes ? 3 * sizeof(float) : 0;
        int first = _launches.FindIndex(launch => launch.Op == buffer.FirstOp);
        int last = _launches.FindLastIndex(launch => launch.Op == buffer.LastOp);
        return new(buffer.Name, buffer.Rows, buffer.Columns * bits / 8, metadata, first, last);
    }
}
