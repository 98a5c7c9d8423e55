using ModelCompiler.Core;
using ModelCompiler.Core.Spec;
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

    /// <summary>Entry of the database; null where no candidate could be measured.</summary>
    public TuningEntry? Entry
    {
        get
        {
            IReadOnlyList<(string Candidate, CandidateOutcome.Measured Time)> ranking = Ranking;
            if (ranking.Count == 0)
                return null;
            (string candidate, CandidateOutcome.Measured time) = ranking[0];
            return ranking.Count == 1
                ? new(Work, Tokens, candidate, time.MedianUs, time.SpreadUs)
                : new(Work, Tokens, candidate, time.MedianUs, time.SpreadUs, ranking[1].Candidate, ranking[1].Time.MedianUs);
        }
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

    /// <summary>
    /// The database of the results. Entries of an earlier one stay where its stamp is the same but for the day and nothing
    /// new is known, so that several models share one file.
    /// </summary>
    public static TuningDatabase ToDatabase(TuningStamp stamp, IReadOnlyList<WorkResult> results, TuningDatabase? earlier)
    {
        TuningEntry[] found = [.. results.Select(r => r.Entry).OfType<TuningEntry>()];
        TuningDatabase? kept = earlier is not null && earlier.Stamp with { Date = stamp.Date } == stamp ? earlier : null;
        IEnumerable<TuningEntry> others = kept?.Entries.Where(e => !found.Any(f => f.Work == e.Work && f.Tokens == e.Tokens)) ?? [];
        return new(
            stamp,
            others.Concat(found).OrderBy(e => e.Work, StringComparer.Ordinal).ThenBy(e => e.Tokens).ToEquatableArray(),
            kept?.Strategies ?? default);
    }

    /// <summary>The database with strategies of a model, in place of what it had for the same checkpoint and bucket.</summary>
    public static TuningDatabase WithStrategies(
        TuningDatabase database, EncoderModel model, QuantizationScheme checkpoint, IReadOnlyList<StrategyResult> strategies)
    {
        TuningStrategy[] found =
        [
            .. strategies.Select(s => new TuningStrategy(
                TuningStrategy.ModelKey(model), TuningStrategy.Texts(checkpoint), s.Tokens, TuningStrategy.Texts(s.Scheme), s.MedianUs, s.CheckpointUs)),
        ];
        IEnumerable<TuningStrategy> others = database.Strategies.Where(
            o => !found.Any(f => (f.Model, f.Checkpoint, f.Tokens) == (o.Model, o.Checkpoint, o.Tokens)));
        return database with { Strategies = others.Concat(found).OrderBy(s => s.Model, StringComparer.Ordinal).ThenBy(s => s.Tokens).ToEquatableArray() };
    }

    private static CandidateOutcome Outcome(TuningJob job, TuningLog log, ICandidateBench bench)
    {
        if (log.Find(job.Key) is { } known)
            return known;
        log.Begin(job.Key);
        CandidateOutcome outcome = bench.Measure(job);
        log.End(job.Key, outcome);
        return outcome;
    }
}
