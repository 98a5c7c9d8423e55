using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>One way to compute a linear part.</summary>
/// <param name="Product">The matrix product.</param>
/// <param name="Finish">Finishes its rows where the product cannot see whole ones, else null.</param>
public sealed record GemmCandidate(LinearKernel Product, RowsKernel? Finish) : KernelCandidate(Product, Finish);

/// <summary>All ways to compute a linear part on an architecture that the verifier has no objection to.</summary>
public static class GemmCandidates
{
    /// <summary>Candidates without repetition; the first is what the rules choose where nothing was measured.</summary>
    public static IReadOnlyList<GemmCandidate> For(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        var found = new List<GemmCandidate>();
        foreach (GemmCandidate candidate in All(problem, epilogue, arch, bucketTokens))
        {
            // What the verifier says about the rules' choice is for the user to see.
            bool isRule = found.Count == 0;
            if (isRule || (!found.Contains(candidate) && !ScheduleVerifier.VerifyIn(bucketTokens, candidate.Product).Any()))
                found.Add(candidate);
        }

        return found;
    }

    /// <summary>The first of them, without a look at the others.</summary>
    internal static GemmCandidate Rule(GemmWork work, GpuArch arch, int bucketTokens) =>
        All(work.Problem, work.Epilogue, arch, bucketTokens).First();

    private static IEnumerable<GemmCandidate> All(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (problem.ReadsPackedCodes)
        {
            foreach (WgmmaGemmKernel kernel in WgmmaRules.Kernels(problem, epilogue, arch, bucketTokens))
                yield return new(kernel, null);
            yield break;
        }

        bool found = false;
        foreach (LinearKernel kernel in HopperKernels(problem, epilogue, arch, bucketTokens))
        {
            yield return new(kernel, null);
            found = true;
        }

        if (epilogue.NeedsWholeRow)
        {
            foreach (GemmCandidate split in WgmmaThenRows(problem, epilogue, arch, bucketTokens))
                yield return split;
        }

        yield return Mma(problem, epilogue, arch, bucketTokens);

        // The rules' tiles of other buckets, and whole rows by a second kernel. Beside Hopper's own kernels the bucket's tile
        // stands for them all.
        foreach (int tokens in found ? new(bucketTokens) : TileRules.Steps)
        {
            yield return Mma(problem, epilogue, arch, tokens);
            if (epilogue.NeedsWholeRow)
                yield return MmaThenRows(problem, epilogue, arch, tokens);
        }
    }

    /// <summary>Kernels for few and for many tokens, and for sparse weights; those first that are measured to be ahead at this size.</summary>
    private static IEnumerable<LinearKernel> HopperKernels(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        IEnumerable<LinearKernel> resident = ResidentRules.Kernels(problem, epilogue, arch, bucketTokens);
        IEnumerable<LinearKernel> split = SplitRules.Kernels(problem, epilogue, arch, bucketTokens);
        IEnumerable<LinearKernel> few = SplitRules.Lead(problem) ? split.Concat(resident) : resident.Concat(split);
        IEnumerable<LinearKernel> many = WgmmaRules.Kernels(problem, epilogue, arch, bucketTokens);
        IEnumerable<LinearKernel> splitK = SplitKRules.Kernels(problem, epilogue, arch, bucketTokens);
        IEnumerable<LinearKernel> sparse = SparseRules.Kernels(problem, epilogue, arch, bucketTokens);
        IEnumerable<LinearKernel> dense = ResidentRules.Lead(problem, epilogue, few.FirstOrDefault(), bucketTokens) ? few.Concat(many) : many.Concat(few);
        dense = SplitKRules.Lead(problem, bucketTokens) ? splitK.Concat(dense) : dense.Concat(splitK);
        return SparseRules.Lead(epilogue, bucketTokens) ? sparse.Concat(dense) : dense.Concat(sparse);
    }

    private static GemmCandidate Mma(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int tokens) =>
        TileRules.Scope(problem, epilogue, arch) is { } scope
            ? new(new GemmKernel(arch, problem, TileRules.Tile(problem, scope, tokens), scope, epilogue), null)
            : MmaThenRows(problem, epilogue, arch, tokens);

    /// <summary>
    /// Whole rows by a second kernel: the tile of a product without them, and those whose warp groups share a tile, whose
    /// products are the fastest where their epilogue is short.
    /// </summary>
    private static IEnumerable<GemmCandidate> WgmmaThenRows(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int tokens)
    {
        (EpilogueSpec first, EpilogueSpec second) = epilogue.SplitAtWholeRow();
        return WgmmaRules.Kernels(problem, first, arch, tokens)
            .Where((kernel, index) => index == 0 || kernel.Tile is { Schedule: WarpGroupSchedule.Cooperative, N: > 128 })
            .Select(kernel => new GemmCandidate(kernel, new(arch, problem.N, second)));
    }

    private static GemmCandidate MmaThenRows(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int tokens)
    {
        (EpilogueSpec first, EpilogueSpec second) = epilogue.SplitAtWholeRow();
        TileConfig tile = TileRules.Tile(problem, RowScope.Partial, tokens);
        return new(new GemmKernel(arch, problem, tile, RowScope.Partial, first), new(arch, problem.N, second));
    }
}
