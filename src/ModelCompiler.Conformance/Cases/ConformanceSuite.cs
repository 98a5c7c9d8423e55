using ModelCompiler.Core;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Conformance;

/// <summary>The one set of cases that every executor is held to.</summary>
public static class ConformanceSuite
{
    /// <summary>
    /// A code of 4 bits that falls to another side moves a row by far more than the bound, and each part behind it moves
    /// more codes: only models with few codes keep two layers of such activations.
    /// </summary>
    private const int LargestWithTwoLayersOfFourBits = 64;

    private static readonly EquatableArray<int> s_manyTokens = new(16, 128, 1024);

    private static readonly EquatableArray<int> s_mostTokens = new(16, 128, 2048);

    /// <summary>Sparse products are for many tokens, and so are packed codes that are multiplied as bytes.</summary>
    private static readonly EquatableArray<int> s_sparseOrPackedTokens = new(16, 128, 4096);

    /// <summary>Buckets in which projection and attention are one kernel, on two or four token tiles.</summary>
    private static readonly EquatableArray<int> s_fewTokens = new(32, 128), s_moreFewTokens = new(64, 128);

    private static readonly string[] s_few = ["fp16", "w8a8", "w4a8", "w4a4-asym", "w4a16"];

    private static readonly (EncoderHead Head, bool Normalize)[] s_heads =
    [
        (EncoderHead.None, false), (EncoderHead.Pooler, false), (EncoderHead.TokenClassifier, false), (EncoderHead.MeanEmbedding, false),
        (EncoderHead.MeanEmbedding, true), (EncoderHead.ClsEmbedding, false), (EncoderHead.ClsEmbedding, true),
    ];

    /// <summary>The cases; names are unique, and equal names are equal cases in every process.</summary>
    /// <param name="reduced">Fewer than 20 small ones, one for each kind of kernel; else all, fewer than 150.</param>
    public static IReadOnlyList<ConformanceCase> Cases(bool reduced) => reduced ? [.. Reduced()] : [.. Full()];

    private static IEnumerable<ConformanceCase> Reduced()
    {
        yield return Case("small", ConformanceModels.Small, "fp16", 127);
        yield return Case("small", ConformanceModels.Small, "w8a8", 17);
        yield return Case("small", ConformanceModels.Small, "w4a8-g64", 129);
        yield return Case("small", ConformanceModels.Small, "w4a4", 127);
        yield return Case("small-h32", ConformanceModels.SmallHeads32.With(EncoderHead.MeanEmbedding, normalize: true), "w4a16", 17);
        yield return Case("small-h64", ConformanceModels.SmallHeads64.With(EncoderHead.TokenClassifier), "w8a8-g128-aa", 127);
        yield return Case("ragged", ConformanceModels.Ragged, "w8a8-asym", 129);
        yield return Case("ragged", ConformanceModels.Ragged.With(EncoderHead.None), "w4a4-asym", 17);
        yield return Case("ragged-roberta", ConformanceModels.Ragged.As(EncoderFamily.Roberta), "w8a8-static", 127);
        yield return Case("ragged-distilbert", ConformanceModels.Ragged.As(EncoderFamily.DistilBert), "w4a16-asym", 1);
        yield return Case("sample", ConformanceModels.Sample, "w4a4-aa", 17);
        yield return Case("sample", ConformanceModels.Sample.With(EncoderHead.Pooler), "w4a8-aa", 1);
        yield return Case("sample", ConformanceModels.Sample.With(EncoderHead.TokenClassifier), "mixed-a", 127);
        yield return Case("sample", ConformanceModels.Sample, "mixed-b", 16);
        yield return Case("wide", ConformanceModels.Wide.With(EncoderHead.ClsEmbedding), "w8a8", 17);
        yield return Case("wide", ConformanceModels.Wide, "fp16", 129);
        yield return Case("many-heads", ConformanceModels.ManyHeads, "w4a8", 17);
        yield return Case("sample", ConformanceModels.Sample, "w4a4-2of4", 129) with { Shapes = new(s_sparseOrPackedTokens, 128) };
        yield return Case("few", ConformanceModels.Sample, "w8a8", 17) with { Shapes = new(s_fewTokens, 128) };
    }

    private static IEnumerable<ConformanceCase> Full()
    {
        int next = 0;
        int Total() => ConformanceBatches.Totals[next++ % ConformanceBatches.Totals.Count];

        foreach ((string name, EncoderModel model) in new[]
                 {
                     ("small", ConformanceModels.Small), ("ragged", ConformanceModels.Ragged),
                     ("sample", ConformanceModels.Sample.With(EncoderHead.TokenClassifier)),
                 })
        {
            foreach ((string scheme, QuantizationScheme parts) in ConformanceSchemes.All)
            {
                if (!ConformanceSchemes.Fits(parts, model))
                    continue;
                int total = Total();
                // Of four-bit codes the kernels for few tokens have more than one token tile here alone.
                yield return (name, scheme) == ("sample", "w4a4")
                    ? Case(name, model, scheme, 17) with { Shapes = new(s_fewTokens, 128) }
                    : Case(name, model, scheme, total);
            }
        }

        foreach (string scheme in s_few)
        {
            yield return Case("small-h32", ConformanceModels.SmallHeads32, scheme, Total());
            yield return Case("small-h64", ConformanceModels.SmallHeads64, scheme, Total());
            yield return Case("wide", ConformanceModels.Wide.With(EncoderHead.TokenClassifier), scheme, Total());
        }

        foreach (string scheme in new[] { "fp16", "w8a8", "w4a4-asym" })
        {
            yield return Case("h128", ConformanceModels.Heads128, scheme, 127);
            yield return Case("many-heads", ConformanceModels.ManyHeads, scheme, 129);
            foreach (int total in ConformanceBatches.Totals)
            {
                ConformanceCase made = Case("totals", ConformanceModels.Sample, scheme, total);
                yield return total == 17 ? made with { Shapes = new(s_moreFewTokens, 128) } : made;
            }
        }

        foreach ((EncoderHead head, bool normalize) in s_heads)
        {
            foreach (string scheme in new[] { "fp16", "w8a8" })
                yield return Case($"head-{head}{(normalize ? "-normalized" : "")}".ToLowerInvariant(), ConformanceModels.SmallHeads64.With(head, normalize), scheme, 127);
        }

        foreach (EncoderFamily family in new[] { EncoderFamily.Roberta, EncoderFamily.DistilBert })
            yield return Case($"{family}".ToLowerInvariant(), ConformanceModels.SmallHeads32.As(family), "w4a8", 127);

        foreach (ActivationFunction function in new[] { ActivationFunction.GeluTanh, ActivationFunction.Relu })
            yield return Case($"act-{function}".ToLowerInvariant(), ConformanceModels.Small with { Activation = function }, "w8a8-aa", 127);

        foreach ((string scheme, int total) in new[] { ("w4a8-g128-aa", 129), ("w4a16-g64", 129) })
            yield return Case("base", ConformanceModels.Base.With(EncoderHead.Pooler), scheme, total);

        foreach (string scheme in new[] { "fp16", "w8a8" })
        {
            ConformanceCase longest = Case("long", ConformanceModels.Long, scheme, 1);
            yield return longest with { Name = $"long-{scheme}-t813", Shapes = new(s_manyTokens, 512), SequenceLengths = [300, 1, 512] };
        }

        // Kernels for many tokens, which share rows among blocks; in larger buckets the heads of attention take turns, and 4-bit codes are
        // packed between the products of the MLP.
        foreach (string scheme in new[] { "fp16", "w8a8", "w4a4-asym" })
            yield return Many(Case("many", ConformanceModels.Base.With(EncoderHead.Pooler), scheme, 1), scheme is "fp16" or "w4a4-asym" ? s_mostTokens : s_manyTokens);
        foreach (string scheme in new[] { "w4a4", "w4a4-2of4", "w8a8-aa-2of4", "w8a8-static-2of4" })
            yield return Many(Case("many", ConformanceModels.Base.With(EncoderHead.Pooler), scheme, 1), s_sparseOrPackedTokens);

        static ConformanceCase Many(ConformanceCase made, EquatableArray<int> buckets) => made with
        {
            Name = made.Name.Replace("-t1", "-t813", StringComparison.Ordinal), Shapes = made.Shapes with { TokenBuckets = buckets },
            SequenceLengths = [100, 1, 128, 128, 128, 128, 128, 72],
        };
    }

    private static ConformanceCase Case(string name, EncoderModel model, string scheme, int total)
    {
        ConformanceCase made = new(
            $"{name}-{scheme}-t{total}", model, ConformanceSchemes.Get(scheme), new(new(ConformanceBatches.Buckets), 128), ConformanceBatches.Of(total));
        return made.HasFourBitActivations && model.HiddenSize > LargestWithTwoLayersOfFourBits
            ? made with { Model = model with { Layers = 1 } }
            : made;
    }
}
