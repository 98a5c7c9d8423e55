using System.Text.Json;
using System.Text.Json.Serialization;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Tuning;

/// <summary>
/// What a run has measured, a JSON object a line, written as it goes: a run that was killed goes on where it was. The first
/// line is the stamp; times that were taken with another are not mixed with new ones.
/// </summary>
internal sealed class TuningLog : IDisposable
{
    /// <summary>A candidate that was begun so often and never ended is what ended the runs.</summary>
    private const int MostAttempts = 2;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Dictionary<TuningKey, CandidateOutcome> _outcomes = [];
    private readonly Dictionary<TuningKey, int> _begun = [];
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
        return _begun.GetValueOrDefault(key) >= MostAttempts
            ? new CandidateOutcome.Disqualified($"{MostAttempts} runs ended while it was measured")
            : null;
    }

    /// <summary>Notes that a candidate is about to be measured, in case that the run ends with it.</summary>
    public void Begin(TuningKey key)
    {
        _begun[key] = _begun.GetValueOrDefault(key) + 1;
        WriteLine(Line.Of(key) with { Begin = true });
    }

    /// <summary>Notes what became of it.</summary>
    public void End(TuningKey key, CandidateOutcome outcome)
    {
        _outcomes[key] = outcome;
        WriteLine(outcome switch
        {
            CandidateOutcome.Measured m => Line.Of(key) with { MedianUs = m.MedianUs, SpreadUs = m.SpreadUs },
            CandidateOutcome.Disqualified d => Line.Of(key) with { Failed = d.Reason },
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Unknown outcome."),
        });
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _writer.Dispose();

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
        if (line is not { Work: { } work, Tokens: { } tokens, Candidate: { } candidate })
            return;
        var key = new TuningKey(work, tokens, candidate);
        if (line.Begin == true)
            _begun[key] = _begun.GetValueOrDefault(key) + 1;
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

        public double? MedianUs { get; init; }

        public double? SpreadUs { get; init; }

        public string? Failed { get; init; }

        public static Line Of(TuningKey key) => new() { Work = key.Work, Tokens = key.Tokens, Candidate = key.Candidate };
    }
}
