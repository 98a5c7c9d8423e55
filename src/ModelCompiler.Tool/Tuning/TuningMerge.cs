using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Makes databases of results.</summary>
internal static class TuningMerge
{
    /// <summary>
    /// The database of whole encoders' times: an entry for each work whose candidate helped, in place of what was known of the
    /// works that had an influence on these encoders. Of two encoders that share a work the first decides. The rest of an earlier database stays
    /// where its stamp is the same but for the day and its kernels are, so that several models share one file.
    /// </summary>
    public static TuningDatabase Database(
        TuningStamp stamp, IReadOnlyList<WorkResult> works, IReadOnlyList<EncoderResult> encoders, TuningDatabase? earlier)
    {
        Dictionary<(string, int), WorkResult> results = works.DistinctBy(w => (w.Work, w.Tokens)).ToDictionary(w => (w.Work, w.Tokens));
        var decided = new Dictionary<(string Work, int Tokens), TuningEntry?>();
        foreach (EncoderResult encoder in encoders)
        {
            foreach ((KernelWork work, _) in encoder.Subject.Works(encoder.Tokens))
            {
                string? chosen = encoder.Choices.FirstOrDefault(c => c.Work == work.Name)?.Candidate;
                decided.TryAdd((work.Name, encoder.Tokens), chosen is null ? null : results[(work.Name, encoder.Tokens)].EntryOf(
                    chosen, KernelVersion.Of(work.Candidates(encoder.Subject.Arch, encoder.Tokens).First(c => c.Token == chosen).Kernels)));
            }
        }

        TuningEncoder[] times = [.. encoders.Select(e => e.Times)];
        TuningDatabase? kept = earlier is not null && earlier.Stamp with { Date = stamp.Date } == stamp ? earlier : null;
        return new(
            stamp,
            (kept?.Entries ?? default).Where(e => e.IsCurrent && !decided.ContainsKey((e.Work, e.Tokens)))
                .Concat(decided.Values.OfType<TuningEntry>())
                .OrderBy(e => e.Work, StringComparer.Ordinal).ThenBy(e => e.Tokens).ToEquatableArray(),
            (kept?.Strategies ?? default).Where(s => s.IsCurrent).ToEquatableArray(),
            (kept?.Encoders ?? default).Where(k => k.IsCurrent && !times.Any(t => (t.Model, t.Parts, t.Tokens) == (k.Model, k.Parts, k.Tokens)))
                .Concat(times)
                .OrderBy(e => e.Model, StringComparer.Ordinal).ThenBy(e => string.Join(" ", e.Parts), StringComparer.Ordinal).ThenBy(e => e.Tokens)
                .ToEquatableArray());
    }

    /// <summary>The database with strategies of a model, in place of what it had for the same checkpoint and bucket.</summary>
    public static TuningDatabase WithStrategies(
        TuningDatabase database, EncoderModel model, QuantizationScheme checkpoint, IReadOnlyList<StrategyResult> strategies)
    {
        TuningStrategy[] found =
        [
            .. strategies.Select(s => new TuningStrategy(
                TuningStrategy.ModelKey(model), TuningStrategy.Texts(checkpoint), s.Tokens, TuningStrategy.Texts(s.Scheme), s.MedianUs, s.CheckpointUs) { Kernels = s.Kernels }),
        ];
        IEnumerable<TuningStrategy> others = database.Strategies.Where(
            o => o.IsCurrent && !found.Any(f => (f.Model, f.Checkpoint, f.Tokens) == (o.Model, o.Checkpoint, o.Tokens)));
        return database with { Strategies = others.Concat(found).OrderBy(s => s.Model, StringComparer.Ordinal).ThenBy(s => s.Tokens).ToEquatableArray() };
    }
}
