using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Runtime.Tests.Cpu;

public sealed class CpuExecutorTests
{
    public static TheoryData<string> SchemeNames => new(Encoders.Schemes.Keys);

    public static TheoryData<EncoderHead, bool> Heads => new()
    {
        { EncoderHead.None, false }, { EncoderHead.Pooler, false }, { EncoderHead.SequenceClassifier, false },
        { EncoderHead.TokenClassifier, false }, { EncoderHead.MeanEmbedding, false }, { EncoderHead.MeanEmbedding, true },
        { EncoderHead.ClsEmbedding, true },
    };

    [Theory]
    [MemberData(nameof(SchemeNames))]
    public void Every_scheme_agrees_with_the_written_out_encoder(string name) =>
        Compare(Encoders.Grouped, Encoders.Schemes[name], Bound(name), 1, 13, 40, 3);

    [Theory]
    [InlineData("fp16")]
    [InlineData("w8a8")]
    [InlineData("w4a4 asymmetric")]
    [InlineData("w4a16 asymmetric")]
    public void DistilBert_of_sizes_that_fit_no_vector_agrees_with_the_written_out_encoder(string name) =>
        Compare(Encoders.Ragged, Encoders.Schemes[name], Bound(name), 1, 2, 55, 90);

    [Theory]
    [MemberData(nameof(Heads))]
    public void Every_head_agrees_with_the_written_out_encoder(EncoderHead head, bool normalize) =>
        Compare(Encoders.TinyRoberta with { Head = head, NormalizeEmbedding = normalize }, QuantizationScheme.Float16, 2e-3, 5, 1, 20);

    [Theory]
    [MemberData(nameof(SchemeNames))]
    public void A_sequence_gives_the_same_bits_alone_in_a_batch_in_parts_and_on_one_thread(string name)
    {
        EncoderModel model = Encoders.Grouped with { Head = EncoderHead.SequenceClassifier };
        using CpuWeights weights = Bind(model, Encoders.Schemes[name]);
        using CpuExecutor three = new(weights, new() { Threads = 3 }), one = new(weights, new() { Threads = 1, TokensPerPass = 70 });
        int[] lengths = [64, 1, 7, 33, 20, 2, 64, 11, 3, 3, 18, 40];
        (int[] ids, _, int[] types) = Encoders.Batch(model, 5, lengths);
        float[] batch = Run(three, ids, lengths, types);
        Run(one, ids, lengths, types).ShouldBe(batch);
        for (int i = 0, token = 0; i < lengths.Length; token += lengths[i++])
        {
            float[] alone = Run(three, ids.AsSpan(token, lengths[i]), [lengths[i]], types.AsSpan(token, lengths[i]));
            alone.ShouldBe(batch.AsSpan(i * model.Labels, model.Labels).ToArray(), $"sequence {i}");
        }
    }

    [Fact]
    public void Concurrent_callers_get_what_they_get_alone()
    {
        EncoderModel model = Encoders.Grouped;
        using CpuWeights weights = Bind(model, Encoders.Schemes["w4a8"]);
        using var executor = new CpuExecutor(weights, new() { Threads = 2, TokensPerPass = 100 });
        (int[] Ids, int[] Lengths, int[] Types)[] batches = Enumerable.Range(0, 8)
            .Select(i => Encoders.Batch(model, i, Enumerable.Range(1, 5 + i).Select(l => (l * 7 + i) % 60 + 1).ToArray())).ToArray();
        float[][] expected = batches.Select(batch => Run(executor, batch.Ids, batch.Lengths, batch.Types)).ToArray();
        Exception? failure = null;
        Thread[] threads = Enumerable.Range(0, 4).Select(t => new Thread(() =>
        {
            try
            {
                for (int i = 0; i < 12; i++)
                {
                    int b = (i + 3 * t) % batches.Length;
                    Run(executor, batches[b].Ids, batches[b].Lengths, batches[b].Types).ShouldBe(expected[b]);
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })).ToArray();
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        failure.ShouldBeNull();
    }

    [Fact]
    public void Buffers_of_twelve_layers_share_few_slots()
    {
        ExecutionPlan plan = Planner.Plan(Encoders.TinyBert with { Layers = 12 }, QuantizationScheme.Float16);
        using CpuWeights weights = CpuWeights.Bind(plan, new RandomWeights());
        new Runtime.Cpu.Stages.BufferLayout(plan, weights).Slots.ShouldBeLessThanOrEqualTo(6);
    }

    /// <summary>
    /// Where activations are quantized, an fp32 rounding that differs from the reference's double may move a code by
    /// one step, 1/255 or 1/15 of a row's range, and following layers carry that on. <see cref="LinearWeightsTests"/>
    /// holds the single part to fp32 accuracy.
    /// </summary>
    private static double Bound(string scheme) =>
        !Encoders.Schemes[scheme].Qkv.IsInteger ? 2e-3 : scheme.StartsWith("w4a4", StringComparison.Ordinal) ? 0.2 : 0.03;

    private static void Compare(EncoderModel model, QuantizationScheme scheme, double bound, params int[] lengths)
    {
        using CpuWeights weights = Bind(model, scheme);
        using var executor = new CpuExecutor(weights, new() { Threads = 2 });
        (int[] ids, _, int[] types) = Encoders.Batch(model, 3, lengths.Select(l => Math.Min(l, model.MaxSequence)).ToArray());
        lengths = lengths.Select(l => Math.Min(l, model.MaxSequence)).ToArray();
        var reference = new ReferenceEncoder(model, scheme, new RandomWeights());
        var expectedHidden = new List<float>();
        var expectedOutput = new List<float>();
        for (int i = 0, token = 0; i < lengths.Length; token += lengths[i++])
        {
            (float[] h, float[] o) = reference.Run(ids.AsSpan(token, lengths[i]), types.Length == 0 ? [] : types.AsSpan(token, lengths[i]));
            expectedHidden.AddRange(h);
            expectedOutput.AddRange(o);
        }

        float[] hidden = new float[ids.Length * model.HiddenSize];
        float[] output = new float[executor.OutputLength(ids.Length, lengths.Length)];
        executor.Run(ids, lengths, types, output, hidden);
        Rows.RelativeError(hidden, expectedHidden.ToArray()).ShouldBeLessThan(bound);
        Rows.RelativeError(output, expectedOutput.ToArray()).ShouldBeLessThan(bound);
    }

    private static CpuWeights Bind(EncoderModel model, QuantizationScheme scheme) =>
        CpuWeights.Bind(Planner.Plan(model, scheme), new RandomWeights());

    private static float[] Run(CpuExecutor executor, ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, ReadOnlySpan<int> types)
    {
        float[] output = new float[executor.OutputLength(ids.Length, lengths.Length)];
        executor.Run(ids, lengths, types, output);
        return output;
    }
}
