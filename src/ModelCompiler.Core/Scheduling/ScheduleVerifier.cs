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

    /// <summary>All findings of a kernel; none for a plan that can run.</summary>
    public static IEnumerable<ScheduleFinding> Verify(KernelPlan kernel)
    {
        ScheduleFinding? AtMost(string limit, long allowed, long found) =>
            found > allowed ? new ScheduleFinding(kernel.Name, limit, allowed, found) : null;

        var findings = new List<ScheduleFinding?>
        {
            AtMost("threads of a block", MaxThreads, kernel.Threads),
            AtMost("shared memory bytes of a block", kernel.Arch.MaxSharedBytes(), kernel.SharedBytes),
            AtMost("blocks of a cluster", kernel.Arch.HasClusters() ? MaxCluster : 1, kernel.ClusterSize),
        };
        if (kernel is GemmKernel gemm)
        {
            GemmProblem problem = gemm.Problem;
            int registers = gemm.Tile.AccumulatorsPerThread + GemmOverheadRegisters;
            findings.Add(AtMost("accumulators of a thread", AccumulatorsThatFit(problem), gemm.Tile.AccumulatorsPerThread));
            findings.Add(AtMost("registers of a block", RegistersPerBlock, (long)Math.Min(registers, RegistersPerThread) * gemm.Threads));
            findings.Add(AtMost(
                "bytes of a row of activations beyond a multiple of 16", 0, problem.K * problem.ActivationBits / 8 % AccessBytes));
            int group = problem.Precision.Weights.GroupSize;
            if (group > 0)
            {
                findings.Add(AtMost("inputs beyond whole weight groups", 0, problem.K % group));
                findings.Add(AtMost("inputs of a stage beyond whole weight groups", 0,
                    Math.Max(gemm.Tile.K, group) % Math.Min(gemm.Tile.K, group)));
            }

            if (gemm.Scope == RowScope.Tile)
                findings.Add(AtMost("columns of a tile that holds whole rows", gemm.Tile.N, problem.N));
        }

        return findings.OfType<ScheduleFinding>();
    }
}
