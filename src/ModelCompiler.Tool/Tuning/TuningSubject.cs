using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Tuning;

/// <summary>An encoder in one scheme, without what is not measured: its word table is small, and it has no head.</summary>
/// <param name="Layers">Layers of the encoder: so many sets of weights compete for the cache.</param>
/// <param name="Plan">Plan of the first two layers, in which every work occurs: the last layer's output is not quantized.</param>
/// <param name="Arch">Architecture of the GPU.</param>
/// <param name="Sequence">Tokens of a sequence; the last of a bucket may have fewer.</param>
internal sealed record TuningSubject(int Layers, ExecutionPlan Plan, GpuArch Arch, int Sequence)
{
    /// <summary>Words of the table.</summary>
    public const int Vocabulary = 64;

    /// <summary>The subject of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="scheme">Precisions of its parts.</param>
    /// <param name="arch">Architecture of the GPU.</param>
    /// <param name="sequence">Tokens of a sequence, where the model has positions for so many.</param>
    public static TuningSubject Of(EncoderModel model, QuantizationScheme scheme, GpuArch arch, int sequence)
    {
        EncoderModel reduced = model with
        {
            Layers = Math.Min(2, model.Layers), VocabularySize = Vocabulary, PadTokenId = 0, Head = EncoderHead.None, Labels = 0, LabelNames = default,
            NormalizeEmbedding = false,
        };
        return new(model.Layers, Planner.Plan(reduced, scheme), arch, Math.Min(sequence, model.MaxSequence));
    }

    /// <summary>What the database calls the model; its layers are all of them.</summary>
    public string ModelKey => TuningStrategy.ModelKey(Plan.Model with { Layers = Layers });

    /// <summary>Plan of all layers.</summary>
    public ExecutionPlan Whole() => Planner.Plan(Plan.Model with { Layers = Layers }, Plan.Scheme);

    /// <summary>Sequences of a full bucket.</summary>
    /// <param name="tokens">The bucket.</param>
    /// <param name="sequence">Tokens of a sequence; the last may have fewer.</param>
    public static int[] Sequences(int tokens, int sequence) =>
        [.. Enumerable.Range(0, (tokens + sequence - 1) / sequence).Select(i => Math.Min(sequence, tokens - i * sequence))];

    /// <summary>The schedule of a bucket, of the first two layers, in which one work is done by a given candidate.</summary>
    public BucketPlan Schedule(int tokens, KernelWork work, KernelCandidate candidate) => Target(Plan, tokens, Choice(tokens, work, candidate)).Buckets[0];

    /// <summary>The schedule in which a session runs a full bucket, of all layers.</summary>
    /// <param name="whole">Plan of all layers.</param>
    /// <param name="tokens">The bucket.</param>
    /// <param name="choices">Candidates in place of the rules'.</param>
    public BucketPlan Schedule(ExecutionPlan whole, int tokens, EquatableArray<KernelChoice> choices) =>
        BatchBucket.For(Target(whole, tokens, choices), Sequences(tokens, Sequence));

    /// <summary>
    /// Works with an influence on a full bucket, with the first op that has each. A projection and an attention that are one kernel
    /// there, whatever is chosen for them, have none.
    /// </summary>
    public IReadOnlyList<(KernelWork Work, int Op)> Works(int tokens) =>
    [
        .. KernelWork.AllOf(Plan, Arch, tokens).Where(w =>
            Schedule(Plan, tokens, Choice(tokens, w.Work, w.Work.Rule(Arch, tokens))).Launches.Any(l => (l.FirstOp, l.Op) == (w.Op, w.Op))),
    ];

    private EquatableArray<KernelChoice> Choice(int tokens, KernelWork work, KernelCandidate candidate) =>
        new(new KernelChoice(Arch, tokens, work.Name, candidate.Token));

    private TargetPlan Target(ExecutionPlan plan, int tokens, EquatableArray<KernelChoice> choices) =>
        Scheduler.Schedule(plan, new(new(tokens), tokens), Arch, choices);
}
