using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;

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

    /// <summary>The schedule of a bucket, of the first two layers, in which one work is done by a given candidate.</summary>
    public BucketPlan Schedule(int tokens, KernelWork work, KernelCandidate candidate) =>
        Schedule(Plan, tokens, new(new KernelChoice(Arch, tokens, work.Name, candidate.Token)));

    /// <summary>The schedule of a bucket, of all layers.</summary>
    /// <param name="whole">Plan of all layers.</param>
    /// <param name="tokens">The bucket.</param>
    /// <param name="choices">Candidates in place of the rules'.</param>
    public BucketPlan Schedule(ExecutionPlan whole, int tokens, EquatableArray<KernelChoice> choices) =>
        Scheduler.Schedule(whole, new(new(tokens), tokens), Arch, choices).Buckets[0];
}
