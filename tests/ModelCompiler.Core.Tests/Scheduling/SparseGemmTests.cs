using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>The GEMM for 2:4 sparse weights on Hopper: where it is taken, how it is launched, and what it cannot do.</summary>
public class SparseGemmTests
{
    private static IReadOnlyList<GemmCandidate>[] Candidates(QuantizationScheme scheme, GpuArch arch, int tokens) =>
        [.. KernelWork.AllOf(Planner.Plan(Models.BertBase, scheme), arch, tokens).Select(w => w.Work).OfType<GemmWork>()
            .Select(work => GemmCandidates.For(work.Problem, work.Epilogue, arch, tokens))];

    private static SparseGemmKernel Rule(int part) =>
        Candidates(Models.Sparse(4, 4), GpuArch.Sm90a, 4096)[part].Select(candidate => candidate.Product).OfType<SparseGemmKernel>().First();

    [Fact]
    public void Candidates_are_there_for_sparse_weights_and_many_tokens_alone()
    {
        bool Offers(QuantizationScheme scheme, GpuArch arch, int tokens) =>
            Candidates(scheme, arch, tokens).Any(of => of.Any(candidate => candidate.Product is SparseGemmKernel));
        Offers(Models.Sparse(4, 4), GpuArch.Sm90a, 16384).ShouldBeTrue();
        Offers(Models.Sparse(8, 8), GpuArch.Sm90a, 1024).ShouldBeTrue();
        Offers(Models.W4A4, GpuArch.Sm90a, 16384).ShouldBeFalse();
        Offers(Models.Sparse(4, 4), GpuArch.Sm90a, 512).ShouldBeFalse();
        Offers(Models.Sparse(4, 4), GpuArch.Sm80, 16384).ShouldBeFalse();
    }

    [Fact]
    public void Rules_follow_what_was_measured()
    {
        string[] Of(int tokens) => [.. Candidates(Models.Sparse(4, 4), GpuArch.Sm90a, tokens).Take(4).Select(of => of[0].Product.Schedule)];
        // Epilogues with whole rows are longer than the products that sparse weights save.
        string[] medium = Of(4096), large = Of(16384);
        medium[0].ShouldBe("sparse_t192n128_s6_turns_x2");
        medium[1..].ShouldAllBe(schedule => schedule.StartsWith("wgmma_"));
        large[0].ShouldBe("sparse_t192n128_s6_turns_x2");
        large[1..].ShouldAllBe(schedule => schedule.StartsWith("wgmma_"));
        Of(1024).ShouldAllBe(schedule => schedule.StartsWith("wgmma_"));
    }

    [Fact]
    public void Kernels_that_multiply_the_zeros_stay_candidates()
    {
        foreach (IReadOnlyList<GemmCandidate> of in Candidates(Models.Sparse(4, 4), GpuArch.Sm90a, 16384))
            of.ShouldContain(candidate => candidate.Product is WgmmaGemmKernel);
    }

    [Fact]
    public void Units_of_work_are_neighbouring_tiles_of_the_same_tokens()
    {
        SparseGemmKernel kernel = Rule(0) with { Tile = new(192, 1, 2, 6, 3) };
        kernel.TileN.ShouldBe(128);
        kernel.ClusterSize.ShouldBe(3);
        kernel.Grid(1000).ShouldBe((6 * 18, 1));
        kernel.Threads.ShouldBe(384);
        kernel.IsPersistent.ShouldBeTrue();
        (kernel with { Tile = new(192, 2, 1, 5) }).ShouldSatisfyAllConditions(
            k => k.TileN.ShouldBe(256), k => k.ClusterSize.ShouldBe(1), k => k.Grid(193).ShouldBe((2 * 9, 1)));
    }

    [Theory]
    [InlineData(192, 3, 64)]
    [InlineData(192, 1, 192)]
    [InlineData(176, 2, 88)]
    [InlineData(176, 3, 176)] // a third of it is not whole groups of 8 rows
    public void A_block_fetches_its_share_of_the_tokens(int tokens, int outputBlocks, int rows) =>
        (Rule(0) with { Tile = new(tokens, 1, 2, 4, outputBlocks) }).ActivationBoxRows().ShouldBe(rows);

    [Fact]
    public void Shared_memory_is_what_the_header_lays_out()
    {
        SparseGemmKernel partial = Rule(0) with { Tile = new(192, 1, 2, 5) };
        partial.SharedBytes.ShouldBe(5 * (192 * 128 + 10240 + 16) + 2 * 2 * 4 * (192 + 4 * 128));
        SparseGemmKernel grid = Rule(2) with { Tile = new(160, 2, 1, 4), Scope = RowScope.Grid };
        grid.SharedBytes.ShouldBe(4 * (160 * 128 + 2 * 10240 + 16) + 2 * 4 * (160 + 4 * 256) + (8 + 1) * 40 * 8 + 16);
        SparseGemmKernel cluster = Rule(1) with { Tile = new(128, 1, 2, 6), Scope = RowScope.Cluster };
        cluster.SharedBytes.ShouldBe(6 * (128 * 128 + 10240 + 16) + 2 * (2 * 4 * (128 + 4 * 128) + (4 + 2 * 6 + 1) * 64 * 8 + 16));
        SparseGemmKernel kept = partial with { Tile = new(64, 2, 2, 6, Weights: WeightFlow.Stationary) }; // six pieces of 128 inputs
        kept.SharedBytes.ShouldBe(6 * (64 * 128 + 16) + 6 * (2 * 10240 + 8) + 2 * 2 * 4 * (64 + 4 * 256));
    }

    [Fact]
    public void Tiles_of_a_row_run_at_the_same_time()
    {
        SparseGemmKernel turns = Rule(2) with { Tile = new(160, 1, 2, 5, 2), Scope = RowScope.Grid };
        turns.BlocksThatWait(16384).ShouldBe(24 / 2);
        (turns with { Tile = turns.Tile with { Teams = 1 } }).BlocksThatWait(16384).ShouldBe(24);
        (turns with { Scope = RowScope.Cluster }).BlocksThatWait(16384).ShouldBe(0);
        turns.RendezvousBytes(1000).ShouldBe(1024 * 4 * 24);
        (turns with { Tile = new(64, 2, 2, 6, Weights: WeightFlow.Stationary) }).BlocksThatWait(16384).ShouldBe(12);
        (Rule(0) with { Tile = new(64, 2, 2, 6, Weights: WeightFlow.Stationary) }).BlocksThatWait(16384).ShouldBe(9); // one for each tile along the outputs
    }

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        SparseGemmKernel good = Rule(0), cluster = Rule(1), grid = Rule(2);
        string[] Limits(SparseGemmKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        foreach (SparseGemmKernel kernel in new[] { good, cluster, grid })
            Limits(kernel).ShouldBeEmpty();

        LinearPrecision precision = good.Problem.Precision;
        string[] With(WeightFormat weights) => Limits(good with { Problem = good.Problem with { Precision = precision with { Weights = weights } } });
        With(precision.Weights with { Sparsity = Sparsity.Dense }).ShouldBe(["weights that are not 2:4 sparse"]);
        With(precision.Weights with { Symmetry = Symmetry.Asymmetric }).ShouldBe(["asymmetric sparse weights"]);
        With(precision.Weights with { GroupSize = 64 }).ShouldBe(["inputs that share a weight scale"]);
        Limits(good with { Problem = good.Problem with { Family = GemmFamily.Int4 } }).ShouldBe(["bits of an activation beyond a byte"]);
        Limits(good with { Problem = good.Problem with { K = 776 } }).ShouldBe(["bytes of a row of activations beyond a multiple of 16"]);

        Limits(good with { Problem = good.Problem with { N = 2300 } }).ShouldBe(["outputs beyond whole runs of 8"]);
        Limits(good with { Tile = new(100, 1, 2, 4) }).ShouldBe(["tokens of a tile beyond whole steps of 16"]);
        Limits(good with { Tile = new(208, 1, 1, 4) }).ShouldBe(["tokens of a tile"]);
        Limits(good with { Tile = new(128, 3, 1, 2) }).ShouldBe(["tokens of a tile"]);
        Limits(good with { Tile = new(16, 3, 2, 2) }).ShouldBe(["warp groups that compute"]);
        Limits(good with { Tile = new(80, 2, 2, 2) }).ShouldBe(["tokens of a tile"]);
        Limits(good with { Tile = new(96, 1, 3, 4) }).ShouldBe(["teams"]);
        Limits(good with { Tile = new(192, 1, 2, 7) }).ShouldBe(["shared memory bytes of a block"]);
        Limits(good with { Tile = new(64, 1, 2, 1) }).ShouldBe(["stages short of two"]);
        Limits(good with { Tile = new(128, 1, 2, 4, 4) }).ShouldBe(["tiles of 128 outputs beyond whole clusters"]);

        Limits(cluster with { Problem = cluster.Problem with { N = 760 } }).ShouldBe(["columns beyond whole tiles of a cluster"]);
        Limits(cluster with { Scope = RowScope.Grid }).ShouldBe(["sums over rows that the grid shares"]);
        Limits(cluster with { Scope = RowScope.Tile }).ShouldBe(["whole rows in one tile"]);
        Limits(grid with { Scope = RowScope.Partial }).ShouldBe(["sums and ranges over rows that no blocks share"]);
    }
}
