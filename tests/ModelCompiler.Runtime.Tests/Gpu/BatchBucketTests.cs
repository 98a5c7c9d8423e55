using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Runtime.Tests.Gpu;

public class BatchBucketTests
{
    private static readonly TargetPlan s_target = Scheduler.Schedule(
        Planner.Plan(
            new()
            {
                Family = EncoderFamily.Bert, Head = EncoderHead.None, HiddenSize = 768, Layers = 1, AttentionHeads = 12, IntermediateSize = 3072,
                VocabularySize = 100, MaxPositions = 512, TokenTypes = 2, PadTokenId = 0, LayerNormEpsilon = 1e-12, Activation = ActivationFunction.Gelu,
            },
            QuantizationScheme.Uniform(new(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken)))),
        new(new(128, 1024, 4096), 512),
        GpuArch.Sm90a);

    [Theory]
    [InlineData(1, 128, 128, false)] // a bucket without a schedule of tiles
    [InlineData(8, 128, 1024, true)]
    [InlineData(5, 96, 1024, true)] // three quarters of the tiles' rows
    [InlineData(6, 95, 1024, false)]
    [InlineData(2, 384, 1024, false)] // longer than a tile
    [InlineData(9, 128, 4096, true)]
    [InlineData(8, 512, 4096, false)]
    public void A_batch_runs_in_the_smallest_bucket_and_in_tiles_where_it_fills_them(int sequences, int length, int bucket, bool tiled)
    {
        BucketPlan plan = BatchBucket.For(s_target, [.. Enumerable.Repeat(length, sequences)]);
        plan.Tokens.ShouldBe(bucket);
        plan.ShouldBeSameAs((tiled ? s_target.TiledBuckets : s_target.Buckets).Single(b => b.Tokens == bucket));
        BatchBucket.For(s_target, sequences * length).ShouldBeSameAs(s_target.Buckets.Single(b => b.Tokens == bucket));
    }

    [Fact]
    public void A_batch_larger_than_all_buckets_is_refused()
    {
        Should.Throw<BatchTooLargeException>(() => BatchBucket.For(s_target, [4096, 1]));
        Should.Throw<BatchTooLargeException>(() => BatchBucket.For(s_target, 4097));
    }

    [Fact]
    public void The_block_of_a_batch_has_counts_starts_and_tiles()
    {
        BatchLayout layout = BatchLayout.For(1024);
        byte[] block = [.. Enumerable.Repeat((byte)0xee, (int)layout.Bytes)];
        layout.Write(block, [100, 28, 120], tiles: true);
        Int(layout.TokenCount).ShouldBe(248);
        Int(layout.SequenceCount).ShouldBe(3);
        Enumerable.Range(0, 4).Select(i => Int(layout.SequenceStarts + 4 * i)).ShouldBe([0, 100, 128, 248]);
        Int(layout.TileCount).ShouldBe(2);
        Enumerable.Range(0, 2).Select(i => (Int(layout.Tiles + TokenTile.Bytes * i), Int(layout.Tiles + TokenTile.Bytes * i + 4)))
            .ShouldBe([(0, 128), (128, 248)]);
        block[(int)layout.TokenIds..].ShouldAllBe(b => b == 0xee);

        layout.Write(block, [7], tiles: false);
        (Int(layout.TokenCount), Int(layout.SequenceCount), Int(layout.SequenceStarts + 4)).ShouldBe((7, 1, 7));
        Int(layout.TileCount).ShouldBe(2);

        int Int(long offset) => BitConverter.ToInt32(block, (int)offset);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(130)]
    [InlineData(16384)]
    public void Embeddings_may_read_starts_and_ids_before_they_know_how_many_there_are(int tokens)
    {
        const int FirstStarts = 128; // of mc::FirstStarts
        BatchLayout layout = BatchLayout.For(tokens);
        (layout.SequenceStarts % 16).ShouldBe(0);
        (layout.Tiles - layout.SequenceStarts).ShouldBeGreaterThanOrEqualTo(4 * FirstStarts);
        var kernel = new EmbeddingKernel(GpuArch.Sm90a, 768, 0, true, new(new(new EpilogueOp.StoreFloat16())));
        int rows = kernel.Grid(tokens).X * RowLaunch.For(kernel.HiddenSize).RowsPerBlock;
        (layout.TypeIds - layout.TokenIds).ShouldBeGreaterThanOrEqualTo(4 * rows);
        (layout.Bytes - layout.TypeIds).ShouldBeGreaterThanOrEqualTo(4 * rows);
    }
}
