using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Names a measurement, in the log as in the database.</summary>
/// <param name="Work">Name of the work.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Candidate">Token of the candidate.</param>
/// <param name="Sequence">Tokens of a sequence, where the time depends on it.</param>
internal readonly record struct TuningKey(string Work, int Tokens, string Candidate, int? Sequence = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Candidate} for {Work} at {Tokens} tokens{(Sequence is { } length ? $" in sequences of {length}" : "")}";
}

/// <summary>A candidate to be measured.</summary>
/// <param name="Subject">The encoder.</param>
/// <param name="Tokens">Bucket; it is measured full.</param>
/// <param name="Work">What is computed.</param>
/// <param name="Op">Op of the subject's plan that has the work.</param>
/// <param name="Candidate">How.</param>
/// <param name="Rule">How the rules would do it: the reference for results and times.</param>
internal sealed record TuningJob(TuningSubject Subject, int Tokens, KernelWork Work, int Op, KernelCandidate Candidate, KernelCandidate Rule)
{
    /// <summary>Names the measurement.</summary>
    public TuningKey Key => new(Work.Name, Tokens, Candidate.Token, Work is AttentionWork ? Subject.Sequence : null);

    /// <summary>Versions of the kernels whose time is taken.</summary>
    public EquatableArray<string> Kernels => KernelVersion.Of(Candidate.Kernels);

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
                foreach ((KernelWork work, int op) in KernelWork.AllOf(subject.Plan, subject.Arch, tokens))
                {
                    IReadOnlyList<KernelCandidate> candidates = work.Candidates(subject.Arch, tokens);
                    jobs.AddRange(candidates
                        .Select(c => new TuningJob(subject, tokens, work, op, c, candidates[0]))
                        .Where(job => seen.Add(job.Key)));
                }
            }
        }

        return jobs;
    }
}
