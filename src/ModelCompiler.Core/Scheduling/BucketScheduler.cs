using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Schedules one bucket: each plan op becomes one kernel, or two where whole rows cannot be had in one; some neighbouring ops
/// share a kernel.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="epilogues">The epilogue of each of its ops on the architecture.</param>
/// <param name="packed">Buffers of <see cref="PackedCodes"/>.</param>
/// <param name="arch">Target.</param>
/// <param name="tokens">The bucket.</param>
/// <param name="choices">Candidates to take instead of the rules' first.</param>
/// <param name="fillsTiles">For batches whose sequences fill tiles of <see cref="QkvAttentionTile.Tokens"/> tokens.</param>
internal sealed class BucketScheduler(
    ExecutionPlan plan, IReadOnlyList<EpilogueSpec> epilogues, IReadOnlyCollection<int> packed, GpuArch arch, int tokens, EquatableArray<KernelChoice> choices,
    bool fillsTiles)
{
    private readonly List<KernelLaunch> _launches = [];
    private readonly List<DeviceBuffer> _scratch = [];
    private readonly Dictionary<KernelWork, KernelCandidate> _chosen = [];
    private readonly Dictionary<EquatableArray<KernelWork>, IReadOnlyList<KernelPlan>> _together = [];
    private readonly Dictionary<int, int> _rangeParts = []; // of buffers that hold values in the place of codes
    private int _rendezvousBytes;

    public BucketPlan Schedule()
    {
        for (int op = 0; op < plan.Ops.Count;)
        {
            IReadOnlyList<KernelPlan> together = TogetherAt(op);
            foreach (KernelPlan kernel in together)
            {
                op += kernel.Ops;
                Launch(op - 1, kernel);
            }

            if (together.Count == 0)
                Lower(op, plan.Ops[op++]);
        }

        EquatableArray<DeviceBuffer> buffers = plan.Buffers.Select(Place).Concat(_scratch).ToEquatableArray();
        return new(tokens, _launches.ToEquatableArray(), buffers, Arena.Place(buffers, tokens), _rendezvousBytes);
    }

    private void Lower(int index, PlanOp op)
    {
        EpilogueSpec epilogue = epilogues[index];
        switch (op)
        {
            case LinearOp or AttentionOp:
                Launch(index, op.Name, Choose(Work(index)));
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

    /// <summary>Kernels that are chosen together for this op and those behind it; none where it has one of its own.</summary>
    private IReadOnlyList<KernelPlan> TogetherAt(int index)
    {
        if ((FusedAt(index) ?? (KernelPlan?)FirstTokensAt(index)) is { } fused)
            return [fused];
        if (plan.Ops[index] is not LinearOp)
            return [];
        IReadOnlyList<KernelPlan> few = AttentionHandoverAt(index);
        return few.Count > 0 ? few : HandoverAt(index);
    }

    /// <summary>The kernel of this projection and the attention that alone reads it, of sequences that fill tiles.</summary>
    private QkvAttentionKernel? FusedAt(int index) => fillsTiles && plan.Ops[index] is LinearOp && Feeds<AttentionOp>(index)
        ? QkvAttentionRules.Kernel((GemmWork)Work(index), (AttentionWork)Work(index + 1), arch, tokens)
        : null;

    /// <summary>Kernels of this projection with its attention, and of the product behind, which quantizes what they leave.</summary>
    private IReadOnlyList<KernelPlan> AttentionHandoverAt(int index) => Feeds<AttentionOp>(index) && Feeds<LinearOp>(index + 1)
        ? Together(
            new(Work(index), Work(index + 1), Work(index + 2)),
            works => FewQkvAttentionRules.Kernels((GemmWork)works[0], (AttentionWork)works[1], (GemmWork)works[2], arch, tokens))
        : [];

    /// <summary>Kernels of this product and the next, which quantizes what the first leaves.</summary>
    private IReadOnlyList<KernelPlan> HandoverAt(int index) => Feeds<LinearOp>(index)
        ? Together(new(Work(index), Work(index + 1)), works => SplitRules.Handover((GemmWork)works[0], (GemmWork)works[1], arch, tokens))
        : [];

    /// <summary>True where the next op is of a kind and the only reader of what this one stores last.</summary>
    private bool Feeds<TOp>(int index)
        where TOp : PlanOp
    {
        int? stored = plan.Ops[index].Epilogue[^1] switch
        {
            StoreStep store => store.Buffer,
            QuantizeStep quantize => quantize.Buffer,
            _ => null,
        };
        return index + 1 < plan.Ops.Count && plan.Ops[index + 1] is TOp next && next.Input == stored && plan.Buffers[next.Input!.Value].LastOp == index + 1;
    }

    /// <summary>What the rules have for works together; nothing where one of them is chosen for.</summary>
    private IReadOnlyList<KernelPlan> Together(EquatableArray<KernelWork> works, Func<EquatableArray<KernelWork>, IReadOnlyList<KernelPlan>> rules)
    {
        if (!_together.TryGetValue(works, out IReadOnlyList<KernelPlan>? kernels))
            _together.Add(works, kernels = works.All(work => ChoiceOf(work) is null) ? rules(works) : []);
        return kernels;
    }

    /// <summary>The dense layer that alone reads the first tokens of sequences, which it picks itself.</summary>
    private DenseKernel? FirstTokensAt(int index) =>
        plan.Ops[index] is PoolOp { Kind: PoolKind.First, Normalize: false, Epilogue: [StoreStep rows] }
        && plan.Buffers[rows.Buffer].Element == BufferElement.Float16 && Feeds<DenseOp>(index) && plan.Ops[index + 1] is DenseOp dense
            ? new(arch, dense.N, dense.K, dense.Rows, epilogues[index + 1], PicksFirstTokens: true)
            : null;

    /// <summary>What an op of a layer asks of a kernel.</summary>
    private KernelWork Work(int index) => plan.Ops[index] switch
    {
        LinearOp linear => GemmWork.Of(plan, linear, arch, packed),
        AttentionOp attention => new AttentionWork(attention.Heads, attention.HeadSize, epilogues[index]),
        PlanOp other => throw new ArgumentOutOfRangeException(nameof(index), other, "There is one kernel only for this op."),
    };

    /// <summary>Layers repeat their works, and each is chosen for once.</summary>
    private KernelCandidate Choose(KernelWork work)
    {
        if (!_chosen.TryGetValue(work, out KernelCandidate candidate))
            _chosen.Add(work, candidate = ChoiceOf(work) ?? work.Rule(arch, tokens));
        return candidate;
    }

    /// <summary>The candidate that a choice names, if it exists.</summary>
    private KernelCandidate? ChoiceOf(KernelWork work)
    {
        string? token = choices.FirstOrDefault(c => c.Arch == arch && c.Tokens == tokens && c.Work == work.Name)?.Candidate;
        return token is null ? null : work.Candidates(arch, tokens).FirstOrDefault(c => c.Token == token);
    }

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
        if (kernel is SplitGemmKernel { ReadsValues: true } reader)
            _rangeParts.Add(((LinearOp)plan.Ops[op]).Source, reader.RangeParts);
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
            _ when packed.Contains(buffer.Id) => buffer.Format.Bits,
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
