using System.Text.Json;
using System.Text.Json.Serialization;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Tuning;

/// <summary>
/// What a run has measured, a JSON object a line, written as it goes: a run that was killed goes on where it was. The first
/// line is the stamp; times that were taken with another are not mixed with new ones, nor are those of kernels that have
/// changed since.
/// </summary>
internal sealed class TuningLog : IDisposable
{
    /// <summary>A candidate that was begun so often and never ended is what ended the runs.</summary>
    private const int MostAttempts = 2;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Dictionary<TuningKey, CandidateOutcome> _outcomes = [];
    private readonly Dictionary<string, double[][]> _encoders = [];
    private readonly Dictionary<string, int> _begun = [];
    private readonly StreamWriter _writer;

    private TuningLog(string path, TuningStamp stamp)
    {
        bool goesOn = Read(path, stamp);
        var stream = new FileStream(path, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read);
        _writer = new(stream) { AutoFlush = true, NewLine = "\n" };
        if (!goesOn)
            WriteLine(new() { Stamp = stamp });
        else if (EndsInsideLine(path))
            _writer.WriteLine();
    }

    /// <summary>Opens a log, or begins one where there is none or its stamp is another.</summary>
    /// <exception cref="ModelCompilerException">The file is not a log, so it is not written over.</exception>
    public static TuningLog Open(string path, TuningStamp stamp) => new(path, stamp);

    /// <summary>Measurements that are in it.</summary>
    public int Count => _outcomes.Count;

    /// <summary>What became of a candidate; null where it is still to be measured.</summary>
    public CandidateOutcome? Find(TuningKey key)
    {
        if (_outcomes.TryGetValue(key, out CandidateOutcome? outcome))
            return outcome;
        return HasEndedRuns(key.ToString())
            ? new CandidateOutcome.Disqualified($"{MostAttempts} runs ended while it was measured")
            : null;
    }

    /// <summary>Times of an encoder's variants, microseconds by variant and round; null where they are still to be taken.</summary>
    public double[][]? Find(EncoderKey key) => _encoders.GetValueOrDefault(key.ToString());

    /// <summary>True for what was begun so often that it must have ended the runs.</summary>
    public bool HasEndedRuns(string measured) => _begun.GetValueOrDefault(measured) >= MostAttempts;

    /// <summary>Notes that a candidate is about to be measured, in case that the run ends with it.</summary>
    public void Begin(TuningJob job) => Begin(job.Key.ToString(), Line.Of(job));

    /// <summary>Notes that variants of an encoder are about to be measured.</summary>
    public void Begin(EncoderKey key) => Begin(key.ToString(), Line.Of(key));

    /// <summary>Notes what became of a candidate.</summary>
    public void End(TuningJob job, CandidateOutcome outcome)
    {
        _outcomes[job.Key] = outcome;
        WriteLine(outcome switch
        {
            CandidateOutcome.Measured m => Line.Of(job) with { MedianUs = m.MedianUs, SpreadUs = m.SpreadUs },
            CandidateOutcome.Disqualified d => Line.Of(job) with { Failed = d.Reason },
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Unknown outcome."),
        });
    }

    /// <summary>Notes the times of an encoder's variants.</summary>
    public void End(EncoderKey key, double[][] times)
    {
        _encoders[key.ToString()] = times;
        WriteLine(Line.Of(key) with { RoundsUs = times });
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _writer.Dispose();

    private void Begin(string measured, Line line)
    {
        _begun[measured] = _begun.GetValueOrDefault(measured) + 1;
        WriteLine(line with { Begin = true });
    }

    private void WriteLine(Line line) => _writer.WriteLine(JsonSerializer.Serialize(line, Options));

    private bool Read(string path, TuningStamp stamp)
    {
        if (!File.Exists(path))
            return false;
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0)
            return false;
        if (Parse(lines[0])?.Stamp is not { } earlier)
            throw new ModelCompilerException($"{path}: expected the log of an earlier 'modelc tune', found another file. Name another with --log.");
        // A day that has passed is no difference.
        if (earlier with { Date = stamp.Date } != stamp)
            return false;
        foreach (Line line in lines.Skip(1).Select(Parse).OfType<Line>())
            Take(line);
        return true;
    }

    private void Take(Line line)
    {
        if (line.Kernels is not { } kernels || !kernels.All(KernelVersion.IsCurrent))
            return;
        if (line is { Tokens: { } bucket, Encoders: { } variants })
            Take(new EncoderKey(bucket, variants, kernels), line);
        else if (line is { Work: { } work, Tokens: { } tokens, Candidate: { } candidate })
            Take(new TuningKey(work, tokens, candidate, line.Sequence), line);
    }

    private void Take(EncoderKey key, Line line)
    {
        if (line.Begin == true)
            _begun[key.ToString()] = _begun.GetValueOrDefault(key.ToString()) + 1;
        else if (line.RoundsUs is { } times)
            _encoders[key.ToString()] = times;
    }

    private void Take(TuningKey key, Line line)
    {
        if (line.Begin == true)
            _begun[key.ToString()] = _begun.GetValueOrDefault(key.ToString()) + 1;
        else if (line.Failed is { } reason)
            _outcomes[key] = new CandidateOutcome.Disqualified(reason);
        else if (line is { MedianUs: { } median, SpreadUs: { } spread })
            _outcomes[key] = new CandidateOutcome.Measured(median, spread);
    }

    /// <summary>A line, or null for one that was cut off when its run was killed.</summary>
    private static Line? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(text, Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool EndsInsideLine(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    private sealed record Line
    {
        public TuningStamp? Stamp { get; init; }

        public bool? Begin { get; init; }

        public string? Work { get; init; }

        public int? Tokens { get; init; }

        public string? Candidate { get; init; }

        public int? Sequence { get; init; }

        public double? MedianUs { get; init; }

        public double? SpreadUs { get; init; }

        public string? Failed { get; init; }

        public string[]? Encoders { get; init; }

        public double[][]? RoundsUs { get; init; }

        public string[]? Kernels { get; init; }

        public static Line Of(TuningJob job) =>
            new() { Work = job.Key.Work, Tokens = job.Key.Tokens, Candidate = job.Key.Candidate, Sequence = job.Key.Sequence, Kernels = [.. job.Kernels] };

        public static Line Of(EncoderKey key) =>
            new() { Encoders = key.Variants, Tokens = key.Tokens, Kernels = key.Kernels };
    }
}
