using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Tool.Tuning;

namespace ModelCompiler.Tool.Tests.Tuning;

public class StrategySearchTests
{
    private static readonly LinearPrecision s_w4a4 = Of(4, 4), s_w8a8 = Of(8, 8), s_w4a8 = Of(4, 8);
    private static readonly QuantizationScheme s_checkpoint = QuantizationScheme.Uniform(s_w4a4);
    private static readonly LinearPrecision[] s_offered = [s_w4a4, s_w8a8, LinearPrecision.Float16];

    private readonly List<SchemeTrial> _trials = [];

    [Fact]
    public void Each_bucket_gets_the_fastest_precision_of_each_part()
    {
        // FP16 spares a small bucket work in two parts; W8A8 is faster in one part at the large one.
        StrategySearch search = Search((tokens, part, precision) => (tokens, part, precision) switch
        {
            (32, EncoderPart.AttentionOutput or EncoderPart.Qkv, { IsInteger: false }) => -10,
            (32, EncoderPart.AttentionOutput, { Weights.Bits: 8 }) => -4,
            (1024, EncoderPart.MlpOutput, { Weights.Bits: 8 }) => -20,
            _ => precision == s_w4a4 ? 0 : 5,
        });

        IReadOnlyList<StrategyResult> found = search.Run(s_checkpoint, s_offered);

        found[0].ShouldBe(new(32, s_checkpoint with { Qkv = LinearPrecision.Float16, AttentionOutput = LinearPrecision.Float16 }, 80, 100));
        found[1].ShouldBe(new(1024, s_checkpoint with { MlpOutput = s_w8a8 }, 180, 200));
        // Each part in two others and all parts in them, five at a time; then the first bucket's combination: the second's was measured.
        _trials.Select(t => (t.Tokens, t.Schemes.Count)).ShouldBe([(32, 6), (1024, 6), (32, 6), (1024, 6), (32, 2)]);
        _trials.ShouldAllBe(t => t.Schemes[0] == s_checkpoint);
    }

    [Fact]
    public void All_parts_together_may_gain_where_none_does_alone()
    {
        StrategySearch search = Search((_, part, precision) => 0.4, whole: scheme => scheme == QuantizationScheme.Uniform(s_w8a8) ? -10 : 0);
        search.Run(s_checkpoint, s_offered).ShouldAllBe(r => r.Scheme == QuantizationScheme.Uniform(s_w8a8));
    }

    [Fact]
    public void The_checkpoint_stays_where_nothing_gains()
    {
        StrategySearch search = Search((_, _, precision) => precision == s_w4a4 ? 0 : -0.2);
        search.Run(s_checkpoint, s_offered).ShouldAllBe(r => r.Scheme == s_checkpoint && r.MedianUs == r.CheckpointUs && r.MedianUs >= 100);
    }

    [Fact]
    public void A_gain_within_the_noise_leaves_the_checkpoint()
    {
        StrategySearch search = Search((_, _, precision) => precision == s_w4a4 ? 0 : -0.6, noise: 10);
        search.Run(s_checkpoint, s_offered).ShouldAllBe(r => r.Scheme == s_checkpoint);
    }

    [Fact]
    public void What_could_not_be_measured_is_not_chosen()
    {
        var search = new StrategySearch(new(32), trials => [.. trials.Select(_ => (double[][]?)null)]);
        search.Run(s_checkpoint, s_offered).ShouldBeEmpty();
    }

    [Fact]
    public void A_gain_that_is_not_there_again_is_dropped()
    {
        bool again = false;
        StrategySearch search = Search((tokens, part, precision) => part == EncoderPart.Qkv && precision == s_w8a8 ? again && tokens == 32 ? 0 : -10 : 0);
        IReadOnlyList<StrategyResult> found = search.Run(s_checkpoint, s_offered);
        found.ShouldAllBe(r => r.Scheme != s_checkpoint);
        again = true;

        IReadOnlyList<StrategyResult> confirmed = search.Confirm(s_checkpoint, found);

        confirmed[0].ShouldBe(new(32, s_checkpoint, 100, 100));
        confirmed[1].ShouldBe(found[1]);
    }

    [Fact]
    public void A_precision_below_the_checkpoints_is_never_measured()
    {
        StrategySearch search = Search((_, _, precision) => precision.Activations.Bits == 4 ? -50 : 0);
        search.Run(QuantizationScheme.Uniform(s_w4a8), s_offered);
        _trials.ShouldNotBeEmpty();
        _trials.SelectMany(t => t.Schemes).ShouldAllBe(s => QuantizationScheme.Parts.All(part => s[part].Activations.Bits >= 8));
    }

    [Fact]
    public void Uniform_schemes_cover_what_is_allowed() =>
        StrategySearch.Uniform(s_checkpoint with { Qkv = s_w8a8 }).Select(s => $"{s.Qkv} {s.MlpOutput}").ShouldBe(
            ["ws8_as8 ws4_as4", "wf16_af16 ws4_as8", "wf16_af16 ws8_as8", "wf16_af16 ws4_af16", "wf16_af16 wf16_af16"]);

    [Fact]
    public void Strategies_take_the_place_of_older_ones_of_the_same_checkpoint()
    {
        EncoderModel model = TinyEncoder.Descriptor.Model;
        var stamp = new TuningStamp("GPU", "9.0", 132, "13.0", "12.4", "2026-11-25");
        var result = new StrategyResult(32, s_checkpoint with { Qkv = s_w8a8 }, 80, 100) { Kernels = KernelVersion.Of([new RowsKernel(GpuArch.Sm90a, 768, new(default))]) };
        TuningDatabase once = TuningMerge.WithStrategies(new(stamp, default), model, s_checkpoint, [result]);
        TuningDatabase twice = TuningMerge.WithStrategies(once, model, s_checkpoint, [result with { MedianUs = 70 }]);
        twice.Strategies.ShouldHaveSingleItem().MedianUs.ShouldBe(70);
        TuningMerge.WithStrategies(twice, model with { Layers = 2 }, s_checkpoint, [result]).Strategies.Count.ShouldBe(2);
        TuningDatabase.Parse(twice.ToJson()).Database.ShouldBe(twice);
        twice.Find(model, s_checkpoint, 32)!.SchemeFor(s_checkpoint).ShouldBe(result.Scheme);
    }

    /// <summary>A search in two buckets; an encoder takes 100 and 200 microseconds, and what its precisions add.</summary>
    private StrategySearch Search(
        Func<int, EncoderPart, LinearPrecision, double> gain, Func<QuantizationScheme, double>? whole = null, double noise = 0)
    {
        var random = new Random(1);
        return new(new(32, 1024), trials =>
        {
            _trials.AddRange(trials);
            return [.. trials.Select(t => t.Schemes.Select(scheme => Enumerable.Range(0, 11).Select(_ => Time(t.Tokens, scheme)).ToArray()).ToArray())];
        });

        double Time(int tokens, QuantizationScheme scheme) => (tokens == 32 ? 100 : 200) + (whole?.Invoke(scheme) ?? 0)
            + QuantizationScheme.Parts.Sum(part => gain(tokens, part, scheme[part])) + noise * (random.NextDouble() - 0.5);
    }

    private static LinearPrecision Of(int weights, int activations) =>
        new(new(weights, Symmetry.Symmetric, 0), new(activations, Symmetry.Symmetric, ActivationRange.PerToken));
}
