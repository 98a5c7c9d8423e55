using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Tool.Tuning;

/// <summary>An encoder in one scheme, reduced to what its linear parts need.</summary>
/// <param name="Layers">Layers of the encoder: so many sets of weights compete for the cache.</param>
/// <param name="Plan">Plan of the first two layers, in which every work occurs: the last layer's output is not quantized.</param>
/// <param name="Arch">Architecture of the GPU.</param>
internal sealed record TuningSubject(int Layers, ExecutionPlan Plan, GpuArch Arch)
{
    /// <summary>Word tables are not measured.</summary>
    private const int Vocabulary = 64;

    /// <summary>The subject of a model.</summary>
    public static TuningSubject Of(EncoderModel model, QuantizationScheme scheme, GpuArch arch)
    {
        EncoderModel reduced = model with
        {
            Layers = Math.Min(2, model.Layers), VocabularySize = Vocabulary, PadTokenId = 0, Head = EncoderHead.None, Labels = 0, LabelNames = default,
            NormalizeEmbedding = false,
        };
        return new(model.Layers, Planner.Plan(reduced, scheme), arch);
    }

    /// <summary>The schedule of a bucket in which one work is done by a given candidate.</summary>
    public BucketPlan Schedule(int tokens, GemmWork work, GemmCandidate candidate) => Scheduler.Schedule(
        Plan, new(new(tokens), tokens), Arch, new(new KernelChoice(Arch, tokens, work.Name, candidate.Token))).Buckets[0];
}

/// <summary>Names a measurement, in the log as in the database.</summary>
/// <param name="Work">Name of the work.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Candidate">Token of the candidate.</param>
internal readonly record struct TuningKey(string Work, int Tokens, string Candidate)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Candidate} for {Work} at {Tokens} tokens";
}

/// <summary>A candidate to be measured.</summary>
/// <param name="Subject">The encoder.</param>
/// <param name="Tokens">Bucket; it is measured full.</param>
/// <param name="Work">What is computed.</param>
/// <param name="Op">Op of the subject's plan that has the work.</param>
/// <param name="Candidate">How.</param>
/// <param name="Rule">How the rules would do it: the reference for results and times.</param>
internal sealed record TuningJob(TuningSubject Subject, int Tokens, GemmWork Work, int Op, GemmCandidate Candidate, GemmCandidate Rule)
{
    /// <summary>Names the measurement.</summary>
    public TuningKey Key => new(Work.Name, Tokens, Candidate.Token);

    /// <summary>True for the rules' own candidate.</summary>
    public bool IsRule => Candidate == Rule;

    /// <summary>
    /// Every candidate of every work at every bucket, the rules' own first. Schemes that share a work, such as those that
    /// differ in another part, measure it once.
    /// </summary>
    public static IReadOnlyList<TuningJob> All(IEnumerable<(TuningSubject Subject, EquatableArray<int> Buckets)> subjects)
    {
        var jobs = new List<TuningJob>();
        var seen = new HashSet<TuningKey>();
        foreach ((TuningSubject subject, EquatableArray<int> buckets) in subjects)
        {
            foreach (int tokens in buckets)
            {
                foreach ((GemmWork work, int op) in GemmWork.Of(subject.Plan, subject.Arch))
                {
                    IReadOnlyList<GemmCandidate> candidates = GemmCandidates.For(work.Problem, work.Epilogue, subject.Arch, tokens);
                    jobs.AddRange(candidates
                        .Select(c => new TuningJob(subject, tokens, work, op, c, candidates[0]))
                        .Where(job => seen.Add(job.Key)));
                }
            }
        }

        return jobs;
    }
}
