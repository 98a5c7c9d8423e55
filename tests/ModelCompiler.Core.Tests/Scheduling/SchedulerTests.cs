using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

public class SchedulerTests
{
    private static TargetPlan Schedule(EncoderModel model, QuantizationScheme scheme, GpuArch arch) =>
        Scheduler.Schedule(Planner.Plan(model, scheme), Models.Shapes, arch);

    public static TheoryData<int, int, Symmetry, int, ActivationRange> Precisions => new()
    {
        { 4, 4, Symmetry.Symmetric, 0, ActivationRange.PerToken },
        { 4, 4, Symmetry.Asymmetric, 0, ActivationRange.PerToken },
        { 4, 8, Symmetry.Symmetric, 64, ActivationRange.PerToken },
        { 4, 8, Symmetry.Symmetric, 128, ActivationRange.Static },
        { 8, 8, Symmetry.Symmetric, 0, ActivationRange.Static },
        { 8, 8, Symmetry.Asymmetric, 0, ActivationRange.PerToken },
        { 4, 16, Symmetry.Symmetric, 0, ActivationRange.PerToken },
        { 16, 16, Symmetry.Symmetric, 0, ActivationRange.PerToken },
    };

    [Theory, MemberData(nameof(Precisions))]
    public void Every_supported_model_and_precision_passes_the_verifier(int w, int a, Symmetry symmetry, int group, ActivationRange range)
    {
        foreach (EncoderModel model in new[] { Models.Small, Models.BertBase, Models.BertLarge, Models.Bert(384, 6, 12, 1536) })
        {
            foreach (GpuArch arch in Models.Targets)
                Schedule(model, Models.Scheme(w, a, symmetry, group, range), arch).Findings.ShouldBeEmpty($"{model.HiddenSize} {arch}");
        }
    }

    [Theory]
    [InlineData(4, 4, GpuArch.Sm80, GemmFamily.Int4)]
    [InlineData(4, 4, GpuArch.Sm89, GemmFamily.Int4)]
    [InlineData(4, 4, GpuArch.Sm90a, GemmFamily.Int8Weight4)]
    [InlineData(4, 8, GpuArch.Sm80, GemmFamily.Int8Weight4)]
    [InlineData(8, 8, GpuArch.Sm90a, GemmFamily.Int8)]
    [InlineData(4, 16, GpuArch.Sm86, GemmFamily.Float16Weight4)]
    [InlineData(16, 16, GpuArch.Sm90a, GemmFamily.Float16)]
    public void A_precision_runs_on_the_instruction_that_the_chip_has(int weights, int activations, GpuArch arch, GemmFamily family)
    {
        // Between the products of an MLP for many tokens INT4 codes are packed on Hopper too, and widened for the same instruction.
        GemmFamily[] families = (activations, arch) == (4, GpuArch.Sm90a) ? [family, GemmFamily.Int8Activation4] : [family];
        Schedule(Models.BertBase, Models.Scheme(weights, activations), arch).Kernels.OfType<LinearKernel>()
            .Select(kernel => kernel.Problem.Family).Distinct().ShouldBe(families, ignoreOrder: true);
    }

    [Theory]
    [InlineData(768, 768, RowDomain.Sequences, 32, 48, 1)]
    [InlineData(768, 768, RowDomain.Sequences, 1024, 48, 2)] // 16 sequences of 32 tokens for each
    [InlineData(768, 768, RowDomain.Sequences, 16384, 48, 8)] // no more than the chip has room for
    [InlineData(1024, 1024, RowDomain.Sequences, 16384, 64, 4)]
    [InlineData(2, 768, RowDomain.Sequences, 16384, 1, 32)]
    [InlineData(9, 768, RowDomain.Tokens, 4000, 1, 250)]
    [InlineData(9, 768, RowDomain.Tokens, 16384, 1, 396)]
    [InlineData(17, 768, RowDomain.Tokens, 1, 2, 1)]
    public void Blocks_of_a_head_have_sixteen_outputs_and_rows(int n, int k, RowDomain rows, int tokens, int x, int y) =>
        new DenseKernel(GpuArch.Sm90a, n, k, rows, new(new(new EpilogueOp.StoreFloat16()))).Grid(tokens).ShouldBe((x, y));

    [Fact]
    public void Whole_rows_come_from_blocks_that_meet_on_hopper_and_from_a_second_kernel_before_it()
    {
        TargetPlan hopper = Schedule(Models.BertBase, Models.W4A4, GpuArch.Sm90a);
        hopper.Kernels.OfType<RowsKernel>().ShouldBeEmpty();
        hopper.Buckets[0].Launches.Count.ShouldBe(1 + 12 * 4 + 2); // projection and attention are one
        hopper.Buckets[^1].Launches.Count.ShouldBe(1 + 12 * 5 + 2);
        hopper.Kernels.OfType<LinearKernel>().Where(k => k.Epilogue.NeedsWholeRow).ShouldAllBe(k => k.Scope == RowScope.Cluster || k.Scope == RowScope.Grid);

        TargetPlan ampere = Schedule(Models.BertBase, Models.W4A4, GpuArch.Sm80);
        ampere.Kernels.OfType<RowsKernel>().ShouldNotBeEmpty();
        ampere.Kernels.OfType<GemmKernel>().ShouldAllBe(k => k.Scope == RowScope.Partial && !k.Epilogue.NeedsWholeRow);
    }

    [Theory]
    [InlineData(EncoderHead.SequenceClassifier, 0, true)]
    [InlineData(EncoderHead.Pooler, 0, true)]
    [InlineData(EncoderHead.ClsEmbedding, 1, false)]
    [InlineData(EncoderHead.MeanEmbedding, 1, false)]
    public void Dense_layers_pick_first_tokens_themselves(EncoderHead head, int pools, bool picks)
    {
        foreach (GpuArch arch in Models.Targets)
        {
            TargetPlan plan = Schedule(Models.BertBase with { Head = head }, Models.W4A4, arch);
            plan.Kernels.OfType<PoolKernel>().Count().ShouldBe(pools);
            plan.Kernels.OfType<DenseKernel>().Any(kernel => kernel.PicksFirstTokens).ShouldBe(picks);
        }
    }

    [Fact]
    public void Whole_rows_fit_one_tile_in_a_small_model() =>
        Schedule(Models.Small, Models.W4A4, GpuArch.Sm80).Kernels.OfType<GemmKernel>()
            .Where(kernel => kernel.Epilogue.NeedsWholeRow).ShouldAllBe(kernel => kernel.Scope == RowScope.Tile && kernel.Tile.N == 256);

    [Fact]
    public void Layers_share_kernels_and_names_are_unique()
    {
        foreach (GpuArch arch in Models.Targets)
        {
            TargetPlan plan = Schedule(Models.BertLarge, Models.W4A4, arch);
            plan.Kernels.Select(kernel => kernel.Name).Distinct().Count().ShouldBe(plan.Kernels.Count);
            plan.Kernels.Count.ShouldBeLessThan(40);
        }
    }

    [Fact]
    public void Names_are_valid_identifiers()
    {
        foreach (KernelPlan kernel in Schedule(Models.BertBase, Models.Scheme(4, 8, group: 64), GpuArch.Sm90a).Kernels)
            kernel.Name.ShouldMatch("^[a-z][a-z0-9_]*$");
    }

    [Fact]
    public void Buffers_that_live_together_do_not_overlap_in_the_arena()
    {
        foreach (BucketPlan bucket in Schedule(Models.BertBase, Models.W4A4, GpuArch.Sm80).Buckets)
        {
            for (int i = 0; i < bucket.Buffers.Count; i++)
            {
                DeviceBuffer a = bucket.Buffers[i];
                (bucket.Arena.Offsets[i] % Arena.Alignment).ShouldBe(0);
                (bucket.Arena.Offsets[i] + a.Bytes(bucket.Tokens)).ShouldBeLessThanOrEqualTo(bucket.Arena.PeakBytes);
                for (int j = 0; j < i; j++)
                {
                    DeviceBuffer b = bucket.Buffers[j];
                    bool meet = a.FirstLaunch <= b.LastLaunch && b.FirstLaunch <= a.LastLaunch;
                    bool overlap = bucket.Arena.Offsets[i] < bucket.Arena.Offsets[j] + b.Bytes(bucket.Tokens)
                        && bucket.Arena.Offsets[j] < bucket.Arena.Offsets[i] + a.Bytes(bucket.Tokens);
                    (meet && overlap).ShouldBeFalse($"{a.Name} and {b.Name}");
                }
            }
        }
    }

    [Fact]
    public void The_arena_reuses_dead_buffers()
    {
        BucketPlan bucket = Schedule(Models.BertBase, Models.W4A4, GpuArch.Sm90a).Buckets[^1];
        bucket.Arena.PeakBytes.ShouldBeLessThan(bucket.Buffers.Sum(buffer => buffer.Bytes(bucket.Tokens)) / 8);
    }

    [Fact]
    public void The_verifier_names_the_broken_limit()
    {
        GemmKernel good = Schedule(Models.BertBase, Models.W4A4, GpuArch.Sm86).Kernels.OfType<GemmKernel>().First();

        ScheduleFinding Only(GemmKernel kernel) => ScheduleVerifier.Verify(kernel).ShouldHaveSingleItem();
        Only(good with { Tile = good.Tile with { Stages = 40 } }).Limit.ShouldBe("shared memory bytes of a block");
        Only(good with { Problem = good.Problem with { K = 776 } }).Found.ShouldBe(776 / 2 % 16);
        Only(good with { Tile = new(128, 256, 128, 2, 2, 2) }).ShouldSatisfyAllConditions(
            f => f.Limit.ShouldBe("accumulators of a thread"), f => f.Allowed.ShouldBe(128), f => f.Found.ShouldBe(256));
        GemmProblem grouped = good.Problem with { Precision = new(new(4, Symmetry.Symmetric, 64), good.Problem.Precision.Activations) };
        Only(good with { Problem = grouped, Tile = new(128, 128, 128, 2, 2, 2) }).ShouldSatisfyAllConditions(
            f => f.Allowed.ShouldBe(64), f => f.Found.ShouldBe(128));
        Only(good with { Scope = RowScope.Cluster }).Limit.ShouldBe("blocks of a cluster");
    }

    [Fact]
    public void More_heads_than_a_block_holds_are_finished_by_a_second_kernel()
    {
        EncoderModel model = Models.Bert(2048, 2, 32, 4096);
        TargetPlan plan = Schedule(model, Models.W4A4, GpuArch.Sm80);
        AttentionKernel attention = plan.Kernels.OfType<AttentionKernel>().ShouldHaveSingleItem();
        attention.HeadsPerBlock.ShouldBe(16);
        attention.Epilogue.Name.ShouldBe("f32");
        plan.Kernels.OfType<RowsKernel>().ShouldContain(rows => rows.Columns == 2048);
    }

    [Fact]
    public void Attention_on_Hopper_spreads_the_heads_of_a_query_tile_over_blocks()
    {
        TargetPlan plan = Schedule(Models.BertBase, Models.W4A4, GpuArch.Sm90a);
        HopperAttentionKernel[] kernels = [.. plan.Kernels.OfType<HopperAttentionKernel>()];
        kernels.ShouldAllBe(kernel => kernel.BlocksPerTile * kernel.Tile.HeadsPerBlock == 12);
        kernels.ShouldAllBe(kernel => kernel.ClusterSize == (kernel.Tile.AcrossGrid ? 1 : kernel.BlocksPerTile));
        kernels.ShouldAllBe(kernel => kernel.Grid(1).X == kernel.BlocksPerTile && kernel.Grid(kernel.Tile.Queries + 1).X == 2 * kernel.BlocksPerTile);
        plan.Kernels.OfType<AttentionKernel>().ShouldBeEmpty();

        // Forty heads are more than a cluster of 16 holds one at a time; values that nobody quantizes need no cluster.
        Schedule(Models.Bert(2560, 2, 40, 5120), Models.W4A4, GpuArch.Sm90a).Kernels.OfType<HopperAttentionKernel>()
            .ShouldBeEmpty();
        Schedule(Models.BertBase, Models.Scheme(16, 16), GpuArch.Sm90a).Kernels.OfType<HopperAttentionKernel>().ShouldAllBe(kernel => kernel.ClusterSize == 1);
    }
}
