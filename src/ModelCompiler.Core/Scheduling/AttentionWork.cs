namespace ModelCompiler.Core.Scheduling;

/// <summary>What an attention asks of a kernel.</summary>
/// <param name="Heads">Heads of the model.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="Epilogue">A store or a quantize.</param>
public sealed record AttentionWork(int Heads, int HeadSize, EpilogueSpec Epilogue) : KernelWork
{
    /// <inheritdoc/>
    public override string Name => $"attention_h{Heads}x{HeadSize}_{Epilogue.Name}";

    /// <inheritdoc/>
    public override IReadOnlyList<KernelCandidate> Candidates(GpuArch arch, int bucketTokens) => [.. All(arch, bucketTokens).Distinct()];

    /// <inheritdoc/>
    public override KernelCandidate Rule(GpuArch arch, int bucketTokens) =>
        HopperAttentionRules.Kernel(this, Epilogue, arch, bucketTokens) is { } kernel ? new(kernel, null) : Mma(arch);

    /// <summary>
    /// The rules' kernel; Hopper's in other cuts; the same with the quantizer in a second kernel, which spares the blocks of a
    /// token the exchange of its range; the kernel on <c>mma.sync</c>.
    /// </summary>
    private IEnumerable<KernelCandidate> All(GpuArch arch, int bucketTokens)
    {
        yield return Rule(arch, bucketTokens);
        foreach (HopperAttentionKernel kernel in HopperAttentionRules.All(this, Epilogue, arch))
            yield return new(kernel, null);
        if (Epilogue.NeedsWholeRow)
        {
            (EpilogueSpec first, EpilogueSpec second) = Epilogue.SplitAtWholeRow();
            if (HopperAttentionRules.Kernel(this, first, arch, bucketTokens) is { } split)
                yield return new(split, new(arch, Heads * HeadSize, second));
        }

        yield return Mma(arch);
    }

    private KernelCandidate Mma(GpuArch arch)
    {
        int perBlock = AttentionKernel.HeadsThatFit(Heads, HeadSize);
        if (perBlock == Heads || !Epilogue.NeedsWholeRow)
            return new(new AttentionKernel(arch, Heads, HeadSize, perBlock, Epilogue), null);
        (EpilogueSpec first, EpilogueSpec second) = Epilogue.SplitAtWholeRow();
        return new(new AttentionKernel(arch, Heads, HeadSize, perBlock, first), new(arch, Heads * HeadSize, second));
    }
}
