namespace ModelCompiler.Core.Scheduling;

/// <summary>
/// Holds a kernel plan against the limits of its architecture, so that a plan that cannot run is a finding with numbers
/// and not an error of the CUDA compiler or of the launch.
/// </summary>
public static class ScheduleVerifier
{
    private const int MaxThreads = 1024;
    private const int MaxCluster = 16;
    private const int RegistersPerBlock = 65536;
    private const int RegistersPerThread = 255;

    /// <summary>Registers of a GEMM thread beside its accumulators: operand fragments, addresses, loop state.</summary>
    private const int GemmOverheadRegisters = 80;

    /// <summary>
    /// Accumulators that a thread keeps without spilling: a warp tile of 64 x 64. Weight groups need a second set, and the
    /// terms of asymmetric weights as many registers, so that only half the tile fits. mc/mainloop.cuh asserts the same.
    /// </summary>
    private static int AccumulatorsThatFit(GemmProblem problem) =>
        problem.Precision.Weights is { GroupSize: 0, Symmetry: Symmetry.Symmetric } ? 128 : 64;

    /// <summary>Bytes of a <c>cp.async</c> or vector access.</summary>
    private const int AccessBytes = 16;

    /// <summary>All findings of a kernel in a bucket; none for a plan that can run.</summary>
    public static IEnumerable<ScheduleFinding> VerifyIn(int bucketTokens, KernelPlan kernel)
    {
        IEnumerable<ScheduleFinding> findings = Verify(kernel);
        if (kernel.BlocksThatWait(bucketTokens) is > 0 and int waiting)
            findings = findings.Concat(Findings(kernel, [new("blocks that wait for one another", kernel.Arch.Multiprocessors(), waiting)]));
        return findings;
    }

    /// <summary>All findings of a kernel, whatever the bucket.</summary>
    public static IEnumerable<ScheduleFinding> Verify(KernelPlan kernel)
    {
        IEnumerable<ScheduleLimit> limits =
        [
            new("threads of a block", MaxThreads, kernel.Threads),
            new("shared memory bytes of a block", kernel.Arch.MaxSharedBytes(), kernel.SharedBytes),
            new("blocks of a cluster", kernel.Arch.HasClusters() ? MaxCluster : 1, kernel.ClusterSize),
        ];
        return Findings(kernel, limits.Concat(kernel switch
        {
            GemmKernel gemm => LimitsOf(gemm),
            ResidentGemmKernel resident => ResidentLimits.Of(resident),
            SplitGemmKernel split => SplitLimits.Of(split),
            SplitKGemmKernel split => SplitKLimits.Of(split),
            WgmmaGemmKernel wgmma => WgmmaLimits.Of(wgmma),
            SparseGemmKernel sparse => SparseLimits.Of(sparse),
            HopperAttentionKernel attention => HopperAttentionLimits.Of(attention),
            QkvAttentionKernel fused => QkvAttentionLimits.Of(fused),
            FewQkvAttentionKernel few => FewQkvAttentionLimits.Of(few),
            _ => [],
        }));
    }

    private static IEnumerable<ScheduleFinding> Findings(KernelPlan kernel, IEnumerable<ScheduleLimit> limits) =>
        limits.Where(limit => limit.Found > limit.Allowed).Select(limit => new ScheduleFinding(kernel.Name, limit.Name, limit.Allowed, limit.Found));

    private static IEnumerable<ScheduleLimit> LimitsOf(GemmKernel gemm)
    {
        GemmProblem problem = gemm.Problem;
        int registers = gemm.Tile.AccumulatorsPerThread + GemmOverheadRegisters;
        yield return new("accumulators of a thread", AccumulatorsThatFit(problem), gemm.Tile.AccumulatorsPerThread);
        yield return new("registers of a block", RegistersPerBlock, (long)Math.Min(registers, RegistersPerThread) * gemm.Threads);
        yield return new("bytes of a row of activations beyond a multiple of 16", 0, problem.RowBytes % AccessBytes);
        int group = problem.Precision.Weights.GroupSize;
        if (group > 0)
        {
            yield return new("inputs beyond whole weight groups", 0, problem.K % group);
            yield return new(
                "inputs of a stage beyond whole weight groups", 0, Math.Max(gemm.Tile.K, group) % Math.Min(gemm.Tile.K, group));
        }

        if (gemm.Scope == RowScope.Tile)
            yield return new("columns of a tile that holds whole rows", gemm.Tile.N, problem.N);
    }
}

/// <summary>What is limited, the most that is allowed, and what a plan has of it.</summary>
internal readonly record struct ScheduleLimit(string Name, long Allowed, long Found);
