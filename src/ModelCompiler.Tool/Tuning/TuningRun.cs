using ModelCompiler.Core;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Tool.Tuning;

/// <summary>All candidates of one work at one bucket.</summary>
/// <param name="Work">Name of the work.</param>
/// <param name="Tokens">Bucket.</param>
/// <param name="Rule">Token of the rules' candidate.</param>
/// <param name="Outcomes">What became of each, in the order of the candidates.</param>
internal sealed record WorkResult(string Work, int Tokens, string Rule, IReadOnlyList<(string Candidate, CandidateOutcome Outcome)> Outcomes)
{
    /// <summary>Gain below which the rules' candidate stays: less is noise, and a choice that flips helps nobody.</summary>
    public const double LeastGain = 0.01;

    /// <summary>Measured candidates, fastest first, the rules' own in front of those that gain too little on it.</summary>
    public IReadOnlyList<(string Candidate, CandidateOutcome.Measured Time)> Ranking
    {
        get
        {
            (string Candidate, CandidateOutcome.Measured Time)[] sorted =
            [
                .. Outcomes.Where(o => o.Outcome is CandidateOutcome.Measured)
                    .Select(o => (o.Candidate, (CandidateOutcome.Measured)o.Outcome)).OrderBy(o => o.Item2.MedianUs),
            ];
            int rule = Array.FindIndex(sorted, s => s.Candidate == Rule);
            return rule > 0 && sorted[0].Time.MedianUs > sorted[rule].Time.MedianUs * (1 - LeastGain)
                ? [sorted[rule], .. sorted.Where((_, i) => i != rule)]
                : sorted;
        }
    }

    /// <summary>Time of a candidate; null where it has none.</summary>
    public CandidateOutcome.Measured? TimeOf(string candidate) =>
        Outcomes.FirstOrDefault(o => o.Candidate == candidate).Outcome as CandidateOutcome.Measured;

    /// <summary>Entry of the database for a measured candidate, beside the best of the others.</summary>
    /// <param name="candidate">Its token.</param>
    /// <param name="kernels">Versions of its kernels.</param>
    public TuningEntry EntryOf(string candidate, EquatableArray<string> kernels)
    {
        CandidateOutcome.Measured time = TimeOf(candidate) ?? throw new ArgumentException("It was not measured.", nameof(candidate));
        (string? second, CandidateOutcome.Measured? secondTime) = Ranking.FirstOrDefault(r => r.Candidate != candidate);
        return new(Work, Tokens, candidate, time.MedianUs, time.SpreadUs, second, secondTime?.MedianUs) { Kernels = kernels };
    }
}

/// <summary>Measures every job that the log does not have yet.</summary>
internal static class TuningRun
{
    /// <summary>Runs the jobs in order.</summary>
    /// <param name="jobs">What to measure.</param>
    /// <param name="log">What was measured, which the run adds to.</param>
    /// <param name="bench">Measures.</param>
    /// <param name="advance">Told of each job that is done.</param>
    public static IReadOnlyList<WorkResult> Run(IReadOnlyList<TuningJob> jobs, TuningLog log, ICandidateBench bench, Action<long> advance)
    {
        var results = new List<(TuningJob Job, CandidateOutcome Outcome)>();
        CandidateOutcome? rule = null; // of the work and bucket at hand
        foreach (TuningJob job in jobs)
        {
            CandidateOutcome outcome = !job.IsRule && rule is CandidateOutcome.Disqualified
                ? new CandidateOutcome.Disqualified("there is nothing to compare it with: the rules' candidate failed")
                : Outcome(job, log, bench);
            if (job.IsRule)
                rule = outcome;
            results.Add((job, outcome));
            advance(1);
        }

        return
        [
            .. results.GroupBy(r => (r.Job.Work.Name, r.Job.Tokens)).Select(g => new WorkResult(
                g.Key.Name, g.Key.Tokens, g.First().Job.Rule.Token, [.. g.Select(r => (r.Job.Candidate.Token, r.Outcome))])),
        ];
    }

    private static CandidateOutcome Outcome(TuningJob job, TuningLog log, ICandidateBench bench)
    {
        if (log.Find(job.Key) is { } known)
            return known;
        log.Begin(job);
        CandidateOutcome outcome = bench.Measure(job);
        log.End(job, outcome);
        return outcome;
    }
}
