using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Tool.Output;

namespace ModelCompiler.Tool.Tuning;

/// <summary>A model in one scheme, and where it is to be measured.</summary>
/// <param name="Model">The model.</param>
/// <param name="Scheme">Precisions of its parts.</param>
/// <param name="Buckets">Token counts.</param>
internal sealed record TuningModel(EncoderModel Model, QuantizationScheme Scheme, EquatableArray<int> Buckets);

/// <summary>Measures models on a GPU: candidates by themselves, then inside whole encoders, then whole encoders in other precisions.</summary>
/// <param name="channels">Where progress and tables go.</param>
/// <param name="context">The GPU.</param>
/// <param name="arch">Its architecture.</param>
/// <param name="stamp">What is measured with.</param>
/// <param name="log">What was measured, which is added to.</param>
/// <param name="sequence">Tokens of a sequence.</param>
internal sealed class Tuner(TextChannels channels, CudaContext context, GpuArch arch, TuningStamp stamp, TuningLog log, int sequence)
{
    private const int Rounds = 11;

    private readonly List<WorkResult> _works = [];
    private readonly List<EncoderResult> _encoders = [];

    /// <summary>The database of models, on top of an earlier one. What a model was tuned for before decides about works that it shares.</summary>
    public TuningDatabase Tune(IReadOnlyList<TuningModel> models, TuningDatabase? earlier)
    {
        (TuningSubject Subject, EquatableArray<int> Buckets)[] subjects = [.. models.Select(m => (Subject(m.Model, m.Scheme), m.Buckets))];
        IReadOnlyList<TuningJob> jobs = TuningJob.All(subjects);
        channels.Messages.WriteLine($"tune: {jobs.Count} candidates on {context.Info}{(log.Count > 0 ? $", {log.Count} of them measured before" : "")}");
        IReadOnlyList<WorkResult> works = Measure(jobs);
        TuningTable.Write(channels, works);
        IReadOnlyList<EncoderResult> encoders = Search(subjects, works.ToDictionary(w => (w.Work, w.Tokens)));
        TuningTable.Write(channels, encoders);
        _works.AddRange(works);
        _encoders.AddRange(encoders);
        return TuningMerge.Database(stamp, _works, _encoders, earlier);
    }

    /// <summary>
    /// Searches the strategies of a model's scheme with the rules' kernels, which favour none, then tunes those of what it
    /// finds, and measures that again with tuned kernels on both sides.
    /// </summary>
    /// <param name="checkpoint">The model in the scheme that its weights were made for, tuned already.</param>
    /// <param name="offered">Precisions to try.</param>
    /// <param name="database">What is known so far.</param>
    public TuningDatabase Strategies(TuningModel checkpoint, IReadOnlyCollection<LinearPrecision> offered, TuningDatabase database)
    {
        (EncoderModel model, QuantizationScheme scheme, EquatableArray<int> buckets) = checkpoint;
        TuningDatabase known = new(stamp, default);
        var search = new StrategySearch(buckets, trials => Times(model, trials, known));
        IReadOnlyList<StrategyResult> found = search.Run(scheme, offered);
        TuningTable.Write(channels, found, "the rules'");
        TuningModel[] faster =
        [
            .. found.Where(f => f.Scheme != scheme).GroupBy(f => f.Scheme)
                .Select(g => new TuningModel(model, g.Key, g.Select(f => f.Tokens).ToEquatableArray())),
        ];
        if (faster.Length > 0)
            database = Tune(faster, database);
        known = database;
        found = [.. search.Confirm(scheme, found).Select(f => f with { Kernels = KernelsOf(f, model, scheme, database) })];
        TuningTable.Write(channels, found, "tuned");
        return TuningMerge.WithStrategies(database, model, scheme, found);
    }

    private IReadOnlyList<WorkResult> Measure(IReadOnlyList<TuningJob> jobs)
    {
        // The rules' kernels are needed as reference wherever anything is still to be measured.
        IEnumerable<KernelPlan> kernels = jobs.Where(j => log.Find(j.Key) is null).SelectMany(j => j.Rule.Kernels.Concat(j.Candidate.Kernels));
        using var bench = new CandidateBench(context, new(kernels, new KernelCompiler(cache: CubinCache.ForUser())), jobs);
        IReadOnlyList<WorkResult> results = [];
        WorkProgress.Run(channels, "tune", "candidates", jobs.Count, quiet: false, advance => results = TuningRun.Run(jobs, log, bench, advance));
        return results;
    }

    /// <summary>Tries the best candidates inside whole encoders, where the rules' kernels all work.</summary>
    private List<EncoderResult> Search(
        (TuningSubject Subject, EquatableArray<int> Buckets)[] subjects, Dictionary<(string Work, int Tokens), WorkResult> works)
    {
        (TuningSubject Subject, int Tokens, IReadOnlyList<PartSwaps> Parts)[] searches =
        [
            .. from s in subjects
               from tokens in s.Buckets
               where s.Subject.Works(tokens).Select(w => works[(w.Work.Name, tokens)]).All(work => work.TimeOf(work.Rule) is not null)
               select (s.Subject, tokens, PartSwaps.Of(s.Subject, tokens, works)),
        ];
        using var bench = new EncoderBench(context, searches.SelectMany(s => EncoderSearch.Variants(s.Subject, s.Parts).Select(v => (s.Tokens, v))));
        var search = new EncoderSearch(new(bench, log));
        var found = new List<EncoderResult>();
        WorkProgress.Run(channels, "tune", "parts of whole encoders", searches.Sum(s => EncoderSearch.Steps(s.Parts)), quiet: false, advance =>
        {
            foreach ((TuningSubject subject, int tokens, IReadOnlyList<PartSwaps> parts) in searches)
            {
                if (search.Run(subject, tokens, parts, advance) is { } result)
                    found.Add(result);
            }
        });
        return found;
    }

    /// <summary>Times of schemes, each with the kernels that the database has for it.</summary>
    private List<double[][]?> Times(EncoderModel model, IReadOnlyList<SchemeTrial> trials, TuningDatabase database)
    {
        (int Tokens, EncoderVariant[] Variants)[] requests =
            [.. trials.Select(t => (t.Tokens, t.Schemes.Select(s => Variant(model, s, t.Tokens, database)).ToArray()))];
        using var bench = new EncoderBench(context, requests.SelectMany(r => r.Variants.Select(v => (r.Tokens, v))));
        var logged = new LoggedEncoderBench(bench, log);
        var times = new List<double[][]?>();
        WorkProgress.Run(channels, "strategies", "trials", requests.Length, quiet: false, advance =>
        {
            foreach ((int tokens, EncoderVariant[] variants) in requests)
            {
                times.Add(logged.Measure(tokens, variants, Rounds));
                advance(1);
            }
        });
        return times;
    }

    private EquatableArray<string> KernelsOf(StrategyResult result, EncoderModel model, QuantizationScheme checkpoint, TuningDatabase database) =>
        KernelVersion.Of(((QuantizationScheme[])[checkpoint, result.Scheme]).SelectMany(s => Variant(model, s, result.Tokens, database).Kernels(result.Tokens)));

    private EncoderVariant Variant(EncoderModel model, QuantizationScheme scheme, int tokens, TuningDatabase database)
    {
        TuningSubject subject = Subject(model, scheme);
        return new(subject, TunedKernels.Choose(Planner.Plan(model, scheme), new(new(tokens), tokens), arch, database).Choices);
    }

    private TuningSubject Subject(EncoderModel model, QuantizationScheme scheme) => TuningSubject.Of(model, scheme, arch, sequence);
}
