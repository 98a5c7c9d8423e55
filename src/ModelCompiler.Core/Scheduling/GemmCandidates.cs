using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>One way to compute a linear part.</summary>
/// <param name="Product">The matrix product.</param>
/// <param name="Finish">Finishes its rows where the product cannot see whole ones, else null.</param>
public sealed record GemmCandidate(LinearKernel Product, RowsKernel? Finish)
{
    /// <summary>Short and stable: what a tuning database calls it.</summary>
    public string Token => Product.Schedule;
}

/// <summary>All ways to compute a linear part on an architecture that the verifier has no objection to.</summary>
public static class GemmCandidates
{
    /// <summary>Candidates without repetition; the first is what the rules choose where nothing was measured.</summary>
    public static IReadOnlyList<GemmCandidate> For(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        var found = new List<GemmCandidate>();
        foreach (GemmCandidate candidate in All(problem, epilogue, arch, bucketTokens))
        {
            if (!found.Contains(candidate))
                found.Add(candidate);
        }

        return found;
    }

    private static IEnumerable<GemmCandidate> All(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        yield return Mma(problem, epilogue, arch, bucketTokens);
    }

    private static GemmCandidate Mma(GemmProblem problem, EpilogueSpec epilogue, GpuArch arch, int bucketTokens)
    {
        if (TileRules.Scope(problem, epilogue, arch) is { } scope)
            return new(new GemmKernel(arch, problem, TileRules.Tile(problem, scope, bucketTokens), scope, epilogue), null);
        (EpilogueSpec first, EpilogueSpec second) = epilogue.SplitAtWholeRow();
        TileConfig tile = TileRules.Tile(problem, RowScope.Partial, bucketTokens);
        return new(new GemmKernel(arch, problem, tile, RowScope.Partial, first), new(arch, problem.N, second));
    }
}
