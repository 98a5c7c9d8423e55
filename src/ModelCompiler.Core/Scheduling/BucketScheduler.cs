using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Schedules one bucket: each plan op becomes one kernel, or two where whole rows cannot be had in one.</summary>
/// <param name="plan">The plan.</param>
/// <param name="epilogues">The epilogue of each of its ops on the architecture.</param>
/// <param name="arch">Target.</param>
/// <param name="tokens">The bucket.</param>
/// <param name="choices">Candidates to take instead of the rules' first.</param>
/// <param name="fillsTiles">For batches whose sequences fill tiles of <see cref="QkvAttentionTile.Tokens"/> tokens.</param>
internal sealed class BucketScheduler(
    ExecutionPlan plan, IReadOnlyList<EpilogueSpec> epilogues, GpuArch arch, int tokens, EquatableArray<KernelChoice> choices,
    bool fillsTiles)
{
    private readonly List<KernelLaunch> _launches = [];
    private readonly List<DeviceBuffer> _scratch = [];
    private readonly Dictionary<KernelWork, KernelCandidate> _chosen = [];
    private readonly Dictionary<(GemmWork First, GemmWork Second), (ResidentGemmKernel First, SplitGemmKernel Second)?> _handovers = [];
    private readonly Dictionary<int, int> _rangeParts = []; // of buffers that hold values in the place of codes
    private int _rendezvousBytes;

    public BucketPlan Schedule()
    {
        for (int op = 0; op < plan.Ops.Count; op++)
        {
            if ((ProjectionAt(op) ?? FirstTokensAt(op)) is { } fused)
            {
                Launch(++op, fused);
            }
            else if (HandoverAt(op) is { } kernels)
            {
                _rangeParts.Add(((LinearOp)plan.Ops[op + 1]).Source, kernels.Second.RangeParts);
                Launch(op++, kernels.First);
                Launch(op, kernels.Second);
            }
            else
            {
                Lower(op, plan.Ops[op]);
            }
        }

        EquatableArray<DeviceBuffer> buffers = plan.Buffers.Select(Place).Concat(_scratch).ToEquatableArray();
        return new(tokens, _launches.ToEquatableArray(), buffers, Arena.Place(buffers, tokens), _rendezvousBytes);
    }

    private void Lower(int index, PlanOp op)
    {
        EpilogueSpec epilogue = epilogues[index];
        switch (op)
        {
            case LinearOp linear:
                Launch(index, linear.Name, Choose(Work(index, linear)));
                break;
            case AttentionOp attention:
                Launch(index, attention.Name, Choose(new AttentionWork(attention.Heads, attention.HeadSize, epilogue)));
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

    /// <summary>
    /// Kernels of this op and the next, where the first leaves quantizing to the second, which is the only reader of its codes.
    /// A choice for either of them keeps them as they are.
    /// </summary>
    private (ResidentGemmKernel First, SplitGemmKernel Second)? HandoverAt(int index)
    {
        if (plan.Ops[index] is not LinearOp first || first.Epilogue[^1] is not QuantizeStep codes
            || plan.Ops[index + 1] is not LinearOp second || second.Source != codes.Buffer)
            return null;
        (GemmWork First, GemmWork Second) works = (Work(index, first), Work(index + 1, second));
        if (!_handovers.TryGetValue(works, out (ResidentGemmKernel, SplitGemmKernel)? kernels))
        {
            if (Chosen(works.First) is null && Chosen(works.Second) is null)
                kernels = SplitRules.Handover(works.First, works.Second, arch, tokens);
            _handovers.Add(works, kernels);
        }

        return kernels;
    }

    /// <summary>The kernel of this projection and the attention that alone reads it.</summary>
    private KernelPlan? ProjectionAt(int index)
    {
        if (!fillsTiles || index + 1 == plan.Ops.Count || plan.Ops[index] is not LinearOp projection || projection.Epilogue[^1] is not StoreStep rows
            || plan.Ops[index + 1] is not AttentionOp attention || attention.Source != rows.Buffer || plan.Buffers[rows.Buffer].LastOp != index + 1)
            return null;
        return QkvAttentionRules.Kernel(
            Work(index, projection), new(attention.Heads, attention.HeadSize, epilogues[index + 1]), arch, tokens);
    }

    /// <summary>The dense layer that alone reads the first tokens of sequences, which it picks itself.</summary>
    private DenseKernel? FirstTokensAt(int index) =>
        plan.Ops[index] is PoolOp { Kind: PoolKind.First, Normalize: false } pool && pool.Epilogue is [StoreStep rows]
        && plan.Buffers[rows.Buffer] is { Element: BufferElement.Float16 } pooled && pooled.LastOp == index + 1
        && index + 1 < plan.Ops.Count && plan.Ops[index + 1] is DenseOp dense && dense.Source == rows.Buffer
            ? new(arch, dense.N, dense.K, dense.Rows, epilogues[index + 1], PicksFirstTokens: true)
            : null;

    private GemmWork Work(int index, LinearOp op) => new(GemmProblem.For(op.N, op.K, op.Precision, arch), epilogues[index]);

    /// <summary>Layers repeat their works, and each is chosen for once.</summary>
    private KernelCandidate Choose(KernelWork work)
    {
        if (!_chosen.TryGetValue(work, out KernelCandidate candidate))
            _chosen.Add(work, candidate = ChoiceOf(work) ?? work.Rule(arch, tokens));
        return candidate;
    }

    private KernelCandidate? ChoiceOf(KernelWork work)
    {
        string? token = Chosen(work)?.Candidate;
        return token is null ? null : work.Candidates(arch, tokens).FirstOrDefault(c => c.Token == token);
    }

    private KernelChoice? Chosen(KernelWork work) =>
        choices.FirstOrDefault(c => c.Arch == arch && c.Tokens == tokens && c.Work == work.Name);

    private void Launch(int index, string name, KernelCandidate chosen)
    {
        if (chosen.Finish is { } finish)
            LaunchSplit(index, name, chosen.First, finish);
        else
            Launch(index, chosen.First);
    }

    private void LaunchSplit(int index, string name, KernelPlan first, RowsKernel rest)
    {
        int launch = _launches.Count;
        int scratch = plan.Buffers.Count + _scratch.Count;
        _scratch.Add(new(name + ".scratch", RowDomain.Tokens, rest.Columns * sizeof(float), 0, launch, launch + 1));
        Launch(index, first, scratch);
        Launch(index, rest, scratch);
    }

    private void Launch(int op, KernelPlan kernel, int? scratch = null)
    {
        int bytes = kernel.RendezvousBytes(tokens);
        _launches.Add(new(kernel, op, scratch, bytes > 0 ? _rendezvousBytes : null));
        _rendezvousBytes += (int)Arena.Align(bytes);
    }

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
        if (_rangeParts.TryGetValue(buffer.Id, out int parts))
            (bits, metadata) = (32, parts * sizeof(float));
        int first = _launches.FindIndex(launch => Does(launch, buffer.FirstOp));
        int last = _launches.FindLastIndex(launch => Does(launch, buffer.LastOp));
        // What a kernel both makes and uses up stays within it.
        bool isWithin = first == last && buffer.FirstOp < buffer.LastOp;
        return isWithin
            ? new(buffer.Name, buffer.Rows, 0, 0, first, last)
            : new(buffer.Name, buffer.Rows, buffer.Columns * bits / 8, metadata, first, last);
    }

    private static bool Does(KernelLaunch launch, int op) => launch.FirstOp <= op && op <= launch.Op;
}
