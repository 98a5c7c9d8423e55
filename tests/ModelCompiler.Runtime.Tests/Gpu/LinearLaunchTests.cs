using System.Runtime.InteropServices;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>What the GEMMs of Hopper are launched with, and attention whose blocks meet as theirs do.</summary>
public class LinearLaunchTests
{
    private const int Few = 32, Many = 4000, Most = 4096;
    private const ulong Arena = 1UL << 32, Rendezvous = 1UL << 40;

    private static readonly ExecutionPlan s_plan = Planner.Plan(
        new()
        {
            Family = EncoderFamily.Bert, Head = EncoderHead.None, HiddenSize = 768, Layers = 2, AttentionHeads = 12, IntermediateSize = 3072,
            VocabularySize = 100, MaxPositions = 64, TokenTypes = 2, PadTokenId = 0, LayerNormEpsilon = 1e-12, Activation = ActivationFunction.Gelu,
        },
        QuantizationScheme.Uniform(new(new(4, Symmetry.Symmetric, 0), new(4, Symmetry.Symmetric, ActivationRange.PerToken))));

    private static readonly TargetPlan s_target = Scheduler.Schedule(s_plan, new(new(Few, Many), 64), GpuArch.Sm90a);

    [Fact]
    public void The_struct_with_a_map_has_the_layout_of_the_header()
    {
        Marshal.SizeOf<GemmArguments>().ShouldBe(176);
        File.ReadAllText(Path.Combine(Session.ModelFixtures.Root, "native/include/mc/gemm_arguments.cuh")).ShouldContain("sizeof(GemmArguments) == 176");
        Marshal.SizeOf<MappedGemmArguments>().ShouldBe(320);
        ((int)Marshal.OffsetOf<MappedGemmArguments>(nameof(MappedGemmArguments.Linear))).ShouldBe(128);
        File.ReadAllText(Path.Combine(Session.ModelFixtures.Root, "native/include/mc/hopper/gemm_arguments.cuh")).ShouldContain("sizeof(GemmArguments) == 320");
    }

    [Fact]
    public void Few_tokens_read_packed_weights_and_many_read_bytes_through_a_map()
    {
        foreach (BucketPlan bucket in s_target.Buckets)
        {
            var maps = new RecordedMaps();
            foreach (BoundLaunch bound in Build(bucket, maps).Where(b => b.Launch.Kernel is LinearKernel))
            {
                var op = (LinearOp)s_plan.Ops[bound.Launch.Op];
                var kernel = (LinearKernel)bound.Launch.Kernel;
                GemmArguments arguments = Arguments(bound);
                arguments.Weights.ShouldBe(WrittenOutWeights.At(op.Weight, kernel.WeightOrder));
                ulong activations = Arena + (ulong)bucket.Arena.Offsets[op.Source];
                arguments.Activations.ShouldBe(activations);
                if (bucket.Tokens == Few)
                {
                    (kernel is ResidentGemmKernel or SplitGemmKernel).ShouldBeTrue(kernel.Name);
                    kernel.WeightOrder.ShouldBe(WeightOrder.Fragments);
                    // Whole tiles of rows are read.
                    bucket.Buffers[op.Source].RowsIn(Few).ShouldBeGreaterThanOrEqualTo(kernel.Grid(Few).Y * kernel.TileM);
                }
                else
                {
                    kernel.ShouldBeOfType<WgmmaGemmKernel>().WeightOrder.ShouldBe(WeightOrder.SwizzledRows);
                    maps.Made.ShouldContain((activations, bucket.Buffers[op.Source].RowsIn(Many), op.K, kernel.TileM, 128));
                }
            }
        }
    }

    [Fact]
    public void Packed_codes_are_read_in_narrower_boxes_beside_weights_in_their_order()
    {
        BucketPlan bucket = Scheduler.Schedule(s_plan, new(new(Most), 64), GpuArch.Sm90a).Buckets[0];
        var maps = new RecordedMaps();
        int packed = 0;
        foreach (BoundLaunch bound in Build(bucket, maps).Where(b => b.Launch.Kernel is WgmmaGemmKernel))
        {
            var op = (LinearOp)s_plan.Ops[bound.Launch.Op];
            var kernel = (WgmmaGemmKernel)bound.Launch.Kernel;
            bool isPacked = op.Part == EncoderPart.MlpOutput;
            GemmArguments arguments = Arguments(bound);
            arguments.Weights.ShouldBe(WrittenOutWeights.At(op.Weight, isPacked ? WeightOrder.SwizzledRowsOfNibbles : WeightOrder.SwizzledRows));
            maps.Made.ShouldContain((arguments.Activations, Most, isPacked ? op.K / 2 : op.K, kernel.TileM, isPacked ? 64 : 128));
            packed += isPacked ? 1 : 0;
        }

        packed.ShouldBe(2);
    }

    [Fact]
    public void Values_and_the_parts_of_their_ranges_are_read_where_they_were_written()
    {
        BucketPlan bucket = s_target.Buckets[0];
        BoundLaunch[] launches = Build(bucket, new RecordedMaps());
        BoundLaunch[] readers = [.. launches.Where(b => b.Launch.Kernel is SplitGemmKernel { ReadsValues: true })];
        readers.Length.ShouldBe(4); // the attention's output and the MLP's second part of both layers
        foreach (BoundLaunch reader in readers)
        {
            int buffer = ((LinearOp)s_plan.Ops[reader.Launch.Op]).Source;
            GemmArguments reads = Arguments(reader), writes = Arguments(launches.Single(b => b.Launch.Op == s_plan.Buffers[buffer].FirstOp));
            writes.Output.ShouldBe(Arena + (ulong)bucket.Arena.Offsets[buffer]);
            writes.RangeParts.ShouldBe(writes.Output + (ulong)bucket.Buffers[buffer].MetadataOffset(Few));
            (reads.Activations, reads.RangeParts).ShouldBe((writes.Output, writes.RangeParts));
            (reads.ActivationScale, writes.Quantized.Codes, writes.Quantized.Scale).ShouldBe((0UL, 0UL, 0UL));
            // [rows, parts] after [rows, columns], fp32, with room for whole tiles of rows.
            int rows = bucket.Buffers[buffer].RowsIn(Few), parts = ((SplitGemmKernel)reader.Launch.Kernel).RangeParts;
            bucket.Buffers[buffer].Bytes(Few).ShouldBeGreaterThanOrEqualTo(4L * rows * (((LinearOp)s_plan.Ops[reader.Launch.Op]).K + parts));
        }
    }

    [Fact]
    public void Sparse_weights_are_read_two_of_four_and_tokens_in_the_shares_of_a_cluster()
    {
        var sparse = new LinearPrecision(
            new(4, Symmetry.Symmetric, 0, Sparsity.TwoOfFour), new(4, Symmetry.Symmetric, ActivationRange.PerToken));
        ExecutionPlan plan = Planner.Plan(s_plan.Model, QuantizationScheme.Uniform(sparse));
        var kernel = new SparseGemmKernel(
            GpuArch.Sm90a, GemmProblem.For(2304, 768, sparse, GpuArch.Sm90a), new(192, 1, 2, 5, 3), RowScope.Partial,
            new(new(new EpilogueOp.Bias(), new EpilogueOp.StoreFloat16())));
        BucketPlan bucket = Scheduler.Schedule(plan, new(new(Many), 64), GpuArch.Sm90a).Buckets[0];
        int first = bucket.Launches.ToList().FindIndex(launch => plan.Ops[launch.Op] is LinearOp);
        KernelLaunch[] launches = [.. bucket.Launches.Select((launch, i) => i == first ? launch with { Kernel = kernel } : launch)];
        var maps = new RecordedMaps();

        BoundLaunch bound = Build(plan, bucket with { Launches = launches.ToEquatableArray() }, maps)[first];

        var op = (LinearOp)plan.Ops[bound.Launch.Op];
        GemmArguments arguments = MemoryMarshal.Read<MappedGemmArguments>(bound.Argument).Linear;
        arguments.Weights.ShouldBe(WrittenOutWeights.At(op.Weight, WeightOrder.SparseRows));
        maps.Made.ShouldContain((arguments.Activations, bucket.Buffers[op.Source].RowsIn(Many), op.K, 192 / 3, 128));
    }

    [Fact]
    public void A_projection_with_its_attention_reads_codes_and_weights_and_writes_codes()
    {
        BucketPlan bucket = s_target.TiledBuckets.ShouldHaveSingleItem();
        var maps = new RecordedMaps();
        BoundLaunch[] fused = [.. Build(bucket, maps).Where(b => b.Launch.Kernel is QkvAttentionKernel)];
        fused.Length.ShouldBe(2); // of both layers
        foreach (BoundLaunch bound in fused)
        {
            var projection = (LinearOp)s_plan.Ops[bound.Launch.FirstOp];
            var kernel = (QkvAttentionKernel)bound.Launch.Kernel;
            QkvAttentionArguments arguments = MemoryMarshal.Read<QkvAttentionArguments>(bound.Argument);
            ulong source = Arena + (ulong)bucket.Arena.Offsets[projection.Source];
            maps.Made.ShouldContain((source, bucket.Buffers[projection.Source].RowsIn(Many), projection.K, kernel.Tile.BoxRows, 128));
            arguments.ActivationScale.ShouldBe(source + (ulong)bucket.Buffers[projection.Source].MetadataOffset(Many));
            arguments.Weights.ShouldBe(WrittenOutWeights.At(projection.Weight, WeightOrder.SwizzledRows));
            int codes = s_plan.Ops[bound.Launch.Op].Epilogue.OfType<QuantizeStep>().Single().Buffer;
            arguments.Quantized.Codes.ShouldBe(Arena + (ulong)bucket.Arena.Offsets[codes]);
            (arguments.TileCount, arguments.Tiles).ShouldBe((96UL, 112UL));
            arguments.HeadRanges.ShouldBe(Rendezvous + (ulong)bound.Launch.Rendezvous!.Value);
        }
    }

    [Fact]
    public void A_projection_with_its_attention_of_few_tokens_is_launched_as_a_product_with_sequences()
    {
        BucketPlan bucket = s_target.Buckets[0];
        BoundLaunch[] fused = [.. Build(bucket, new RecordedMaps()).Where(b => b.Launch.Kernel is FewQkvAttentionKernel)];
        fused.Length.ShouldBe(2); // of both layers
        foreach (BoundLaunch bound in fused)
        {
            var projection = (LinearOp)s_plan.Ops[bound.Launch.FirstOp];
            FewQkvAttentionArguments arguments = MemoryMarshal.Read<FewQkvAttentionArguments>(bound.Argument);
            ulong source = Arena + (ulong)bucket.Arena.Offsets[projection.Source];
            (arguments.Linear.Activations, arguments.Linear.ActivationScale).ShouldBe((source, source + (ulong)bucket.Buffers[projection.Source].MetadataOffset(Few)));
            arguments.Linear.Weights.ShouldBe(WrittenOutWeights.At(projection.Weight, WeightOrder.Fragments));
            (arguments.Linear.TokenCount, arguments.SequenceCount, arguments.SequenceStarts).ShouldBe((16UL, 32UL, 48UL));
        }
    }

    [Fact]
    public void Attention_across_the_grid_meets_in_memory_of_its_own()
    {
        const int Full = 8192;
        BucketPlan bucket = Scheduler.Schedule(s_plan, new(new(Full), 64), GpuArch.Sm90a).Buckets.ShouldHaveSingleItem();
        BoundLaunch[] attention = [.. Build(bucket, new RecordedMaps()).Where(b => b.Launch.Kernel is HopperAttentionKernel)];
        attention.Length.ShouldBe(2); // of both layers
        foreach (BoundLaunch bound in attention)
            MemoryMarshal.Read<MappedAttentionArguments>(bound.Argument).Rendezvous.ShouldBe(Rendezvous + (ulong)bound.Launch.Rendezvous!.Value);
        int apart = attention[1].Launch.Rendezvous!.Value - attention[0].Launch.Rendezvous!.Value;
        apart.ShouldBeGreaterThanOrEqualTo(attention[0].Launch.Kernel.RendezvousBytes(Full));
        ((int)Marshal.OffsetOf<MappedAttentionArguments>(nameof(MappedAttentionArguments.Rendezvous))).ShouldBe(216);
    }

    [Fact]
    public void Each_launch_whose_blocks_meet_has_memory_of_its_own()
    {
        BucketPlan bucket = s_target.Buckets[1];
        var taken = new List<(ulong First, ulong End)>();
        foreach (BoundLaunch bound in Build(bucket, new RecordedMaps()).Where(b => b.Launch.Rendezvous is not null))
        {
            ulong slots = Arguments(bound).RowSlots;
            taken.Add((slots, slots + (ulong)bound.Launch.Kernel.RendezvousBytes(Many)));
        }

        taken.Count.ShouldBe(2); // the MLP's first part of both layers
        taken.ShouldAllBe(t => t.First >= Rendezvous && t.End <= Rendezvous + (ulong)bucket.RendezvousBytes);
        taken[0].End.ShouldBeLessThanOrEqualTo(taken[1].First);
    }

    private static BoundLaunch[] Build(BucketPlan bucket, ITensorMaps maps) => Build(s_plan, bucket, maps);

    private static BoundLaunch[] Build(ExecutionPlan plan, BucketPlan bucket, ITensorMaps maps)
    {
        var batch = new BatchAddresses { TokenCount = 16, SequenceCount = 32, SequenceStarts = 48, TokenIds = 64, TypeIds = 80, TileCount = 96, Tiles = 112 };
        return BucketLaunches.Build(plan, bucket, new WrittenOutWeights(), batch, new(Arena, Rendezvous), maps);
    }

    private static GemmArguments Arguments(BoundLaunch bound) => bound.Launch.Kernel is WgmmaGemmKernel
        ? MemoryMarshal.Read<MappedGemmArguments>(bound.Argument).Linear
        : MemoryMarshal.Read<GemmArguments>(bound.Argument);

    /// <summary>Remembers which maps were asked for.</summary>
    private sealed class RecordedMaps : ITensorMaps
    {
        public List<(ulong Address, int Rows, int RowBytes, int BoxRows, int BoxBytes)> Made { get; } = [];

        public TensorMap Rows(ulong address, int rows, int rowBytes, int boxRows, int boxBytes)
        {
            Made.Add((address, rows, rowBytes, boxRows, boxBytes));
            return default;
        }
    }

    /// <summary>Every weight at an address that says which it is, and in which order.</summary>
    private sealed class WrittenOutWeights : IWeightAddresses
    {
        public static ulong At(PlanWeight weight, WeightOrder order) => ((ulong)(uint)weight.GetHashCode() << 8) | ((ulong)order << 4);

        public LinearAddresses Linear(PlanWeight weight, WeightOrder order) => new(At(weight, order), 0, 0, 0, 0);

        public NormAddresses Norm(PlanWeight weight) => default;

        public ulong Table(PlanWeight weight) => 0;

        public DenseAddresses Dense(PlanWeight weight) => default;

        public CalibratedRange? InputRange(PlanWeight consumer) => null;
    }
}
