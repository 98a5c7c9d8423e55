using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Core.Tests.Tuning;

public class StrategyTests
{
    private static readonly ShapeSet s_shapes = new(new(32, 128, 1024), 128);
    private static readonly QuantizationScheme s_faster = Models.W4A4 with { AttentionOutput = LinearPrecision.Float16 };

    [Theory]
    [InlineData(4, 4, "ws4_as4 ws4_as8 ws8_as8 ws4_af16 wf16_af16")]
    [InlineData(4, 8, "ws4_as8 ws8_as8 ws4_af16 wf16_af16")]
    [InlineData(8, 8, "ws8_as8 wf16_af16")]
    [InlineData(4, 16, "ws4_af16 wf16_af16")]
    [InlineData(16, 16, "wf16_af16")]
    public void Allowed_precisions_lose_nothing(int weights, int activations, string allowed)
    {
        LinearPrecision made = Models.Scheme(weights, activations).Qkv;
        AllowedPrecisions.For(made).Select(p => p.ToString()).ShouldBe(allowed.Split(' '));
        AllowedPrecisions.For(made).ShouldAllBe(p => p.Weights.Bits >= made.Weights.Bits && p.Activations.Bits >= made.Activations.Bits);
    }

    [Fact]
    public void Wider_activations_take_their_own_range_and_keep_their_symmetry()
    {
        LinearPrecision made = Models.Scheme(4, 4, Symmetry.Asymmetric, range: ActivationRange.Static).Qkv;
        AllowedPrecisions.For(made)[1].ToString().ShouldBe("wu4_au8");
        // The range of a calibrated 8-bit input stays.
        AllowedPrecisions.For(Models.Scheme(4, 8, range: ActivationRange.Static).Qkv)[1].ToString().ShouldBe("ws8_as8static");
    }

    [Fact]
    public void Buckets_of_one_scheme_form_a_group()
    {
        EquatableArray<BucketScheme> strategies = new(
            new BucketScheme(GpuArch.Sm90a, 32, s_faster), new BucketScheme(GpuArch.Sm90a, 1024, s_faster), new BucketScheme(GpuArch.Sm80, 128, s_faster));
        SchemeGroup.Of(Models.W4A4, s_shapes, GpuArch.Sm90a, strategies).ShouldBe(
        [
            new(s_faster, s_shapes with { TokenBuckets = new(32, 1024) }), new(Models.W4A4, s_shapes with { TokenBuckets = new(128) }),
        ]);
        SchemeGroup.Of(Models.W4A4, s_shapes, GpuArch.Sm86, strategies).ShouldBe([new(Models.W4A4, s_shapes)]);
    }

    [Fact]
    public void Strategies_are_part_of_the_plans_hash()
    {
        ExecutionPlan plan = Planner.Plan(Models.Small, Models.W4A4);
        string[] hashes =
        [
            PlanHash.Compute(plan, s_shapes),
            PlanHash.Compute(plan, s_shapes, default, new(new BucketScheme(GpuArch.Sm90a, 32, s_faster))),
            PlanHash.Compute(plan, s_shapes, default, new(new BucketScheme(GpuArch.Sm90a, 128, s_faster))),
            PlanHash.Compute(plan, s_shapes, default, new(new BucketScheme(GpuArch.Sm90a, 32, Models.W4A4 with { Qkv = LinearPrecision.Float16 }))),
        ];
        hashes.ShouldBeUnique();
    }

    [Fact]
    public void A_database_gives_strategies_for_its_model_and_checkpoint_only()
    {
        TuningDatabase database = Database(TuningStrategy.Texts(s_faster));
        TuningSet.Strategies(Models.BertBase, Models.W4A4, s_shapes, GpuArch.Sm90a, database)
            .ShouldBe([new(GpuArch.Sm90a, 32, s_faster)]);
        TuningSet.Strategies(Models.BertLarge, Models.W4A4, s_shapes, GpuArch.Sm90a, database).ShouldBeEmpty();
        TuningSet.Strategies(Models.BertBase, Models.Scheme(4, 8), s_shapes, GpuArch.Sm90a, database).ShouldBeEmpty();
    }

    [Fact]
    public void A_strategy_below_the_checkpoints_precision_is_refused()
    {
        // Made for 8-bit activations; a file that says 4 is not obeyed.
        QuantizationScheme checkpoint = Models.Scheme(4, 8);
        var strategy = new TuningStrategy("m", TuningStrategy.Texts(checkpoint), 32, TuningStrategy.Texts(Models.W4A4), 1, 2);
        strategy.SchemeFor(checkpoint).ShouldBeNull();
        (strategy with { Parts = TuningStrategy.Texts(QuantizationScheme.Float16) }).SchemeFor(checkpoint).ShouldBe(QuantizationScheme.Float16);
    }

    private static TuningDatabase Database(EquatableArray<string> parts) => new(
        new("GPU", "9.0", 132, "13.0", "12.4", "2026-11-25"),
        default,
        new(new TuningStrategy(TuningStrategy.ModelKey(Models.BertBase), TuningStrategy.Texts(Models.W4A4), 32, parts, 100, 120)));
}
