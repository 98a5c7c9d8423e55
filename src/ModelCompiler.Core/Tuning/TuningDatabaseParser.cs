using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelCompiler.Core.Spec.Configuration;

namespace ModelCompiler.Core.Tuning;

/// <summary>Reads a database's text. Keys that it does not know are passed over, so that a file may carry a comment.</summary>
internal sealed class TuningDatabaseParser
{
    private readonly JsonEntryReader _reader;
    private readonly List<TuningError> _errors = [];
    private int? _otherVersion;

    private TuningDatabaseParser(JsonEntryReader reader) => _reader = reader;

    public static TuningDatabaseResult Parse(string json)
    {
        var syntax = new List<HuggingFaceConfigError>();
        var reader = new JsonEntryReader(Encoding.UTF8.GetBytes(json.TrimStart('\uFEFF')), syntax);
        var parser = new TuningDatabaseParser(reader);
        TuningDatabase? database = reader.Read() is { } root ? parser.Root(root) : null;
        EquatableArray<TuningError> errors = syntax
            .Select(e => new TuningError(e.JsonPath, e.Line, e.Column, e.Expected, e.Found))
            .Concat(parser._errors)
            .OrderBy(e => e.Line).ThenBy(e => e.Column)
            .ToEquatableArray();
        return new(errors.Count == 0 ? database : null, errors, parser._otherVersion);
    }

    private TuningDatabase? Root(JsonEntry root)
    {
        if (root.Kind != JsonTokenType.StartObject)
        {
            Fail(root, "an object");
            return null;
        }

        // A later schema may mean other things by the same words.
        if (Integer(root, "version") is not { } version)
            return null;
        if (version != TuningDatabase.SchemaVersion)
        {
            _otherVersion = version;
            Fail(root.Find("version")!, $"{TuningDatabase.SchemaVersion}, the version that this compiler reads");
            return null;
        }

        JsonEntry? stamp = Member(root, "stamp", JsonTokenType.StartObject, "an object");
        JsonEntry? entries = Member(root, "entries", JsonTokenType.StartArray, "an array");
        if (stamp is null || entries is null)
            return null;
        var database = new TuningDatabase(
            Stamp(stamp), Items(entries, Entry), Optional(root, "strategies", Strategy), Optional(root, "encoders", Encoder));
        RequireOnce(entries, database);
        return database;
    }

    private TuningStamp Stamp(JsonEntry stamp) => new(
        Text(stamp, "gpu"), Text(stamp, "computeCapability"), Integer(stamp, "multiprocessors") ?? 0, Text(stamp, "driver"),
        Text(stamp, "compiler"), Text(stamp, "date"));

    private TuningEntry Entry(JsonEntry entry)
    {
        bool hasSecond = entry.Find("runnerUp") is not null;
        return new(
            Text(entry, "work"), Tokens(entry), Text(entry, "candidate"), Time(entry, "medianUs"), Time(entry, "spreadUs"),
            hasSecond ? Text(entry, "runnerUp") : null, hasSecond ? Time(entry, "runnerUpUs") : null) { Kernels = Versions(entry) };
    }

    private TuningStrategy Strategy(JsonEntry entry) => new(
        Text(entry, "model"), FourTexts(entry, "checkpoint"), Tokens(entry), FourTexts(entry, "parts"), Time(entry, "medianUs"),
        Time(entry, "checkpointUs")) { Kernels = Versions(entry) };

    private TuningEncoder Encoder(JsonEntry entry) => new(
        Text(entry, "model"), FourTexts(entry, "parts"), Tokens(entry), Positive(entry, "sequence"), Time(entry, "rulesUs"), Time(entry, "tunedUs"),
        Time(entry, "spreadUs")) { Kernels = Versions(entry) };

    private EquatableArray<T> Optional<T>(JsonEntry root, string name, Func<JsonEntry, T> read) =>
        root.Find(name) is { } array ? Items(array, read) : default;

    private EquatableArray<T> Items<T>(JsonEntry array, Func<JsonEntry, T> read)
    {
        if (array.Kind != JsonTokenType.StartArray)
        {
            Fail(array, "an array");
            return default;
        }

        var items = new List<T>();
        foreach (JsonEntry item in array.Items)
        {
            if (item.Kind == JsonTokenType.StartObject)
                items.Add(read(item));
            else
                Fail(item, "an object");
        }

        return items.ToEquatableArray();
    }

    /// <summary>Which of two times counts would be a guess, so a bucket has one entry for a work.</summary>
    private void RequireOnce(JsonEntry entries, TuningDatabase database)
    {
        if (database.Entries.Count != entries.Items.Count)
            return;
        var seen = new HashSet<(string, int)>();
        for (int i = 0; i < database.Entries.Count; i++)
        {
            TuningEntry entry = database.Entries[i];
            if (!seen.Add((entry.Work, entry.Tokens)))
                Fail(entries.Items[i], "one entry for each work and bucket", $"{entry.Work} at {Spec.Invariant.Text(entry.Tokens)} tokens again");
        }
    }

    private int Tokens(JsonEntry entry) => Positive(entry, "tokens");

    private int Positive(JsonEntry entry, string name)
    {
        if (Integer(entry, name) is not { } value)
            return 1;
        if (value < 1)
            Fail(entry.Find(name)!, "a positive integer");
        return Math.Max(value, 1);
    }

    private int? Integer(JsonEntry parent, string name)
    {
        if (Member(parent, name, JsonTokenType.Number, "an integer") is not { } entry)
            return null;
        if (int.TryParse(entry.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
            return value;
        Fail(entry, "an integer");
        return null;
    }

    private double Time(JsonEntry parent, string name)
    {
        if (Member(parent, name, JsonTokenType.Number, "a number of microseconds") is not { } entry)
            return 0;
        double value = double.Parse(entry.Text!, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (value is < 0 or > 1e9)
            Fail(entry, "0 to 1e9 microseconds");
        return value;
    }

    private string Text(JsonEntry parent, string name)
    {
        if (Member(parent, name, JsonTokenType.String, "a string") is not { } entry)
            return "";
        if (entry.Text!.Length == 0)
            Fail(entry, "a string that is not empty");
        return entry.Text;
    }

    private EquatableArray<string> FourTexts(JsonEntry parent, string name)
    {
        if (Member(parent, name, JsonTokenType.StartArray, "an array") is not { } array)
            return default;
        if (array.Items.Count != 4 || array.Items.Any(i => i.Kind != JsonTokenType.String))
            Fail(array, "four strings, one for each linear part");
        return array.Items.Select(i => i.Text ?? "").ToEquatableArray();
    }

    private EquatableArray<string> Versions(JsonEntry parent)
    {
        if (Member(parent, "kernels", JsonTokenType.StartArray, "an array") is not { } array)
            return default;
        if (array.Items.Count == 0 || array.Items.Any(i => i.Kind != JsonTokenType.String))
            Fail(array, "versions of one or more kernels, strings");
        return array.Items.Select(i => i.Text ?? "").ToEquatableArray();
    }

    private JsonEntry? Member(JsonEntry parent, string name, JsonTokenType kind, string expected)
    {
        if (parent.Find(name) is not { } entry)
        {
            Fail(parent, $"a key \"{name}\"", "none");
            return null;
        }

        if (entry.Kind == kind)
            return entry;
        Fail(entry, expected);
        return null;
    }

    private void Fail(JsonEntry at, string expected, string? found = null)
    {
        (int line, int column) = _reader.Place(at.Offset);
        _errors.Add(new(at.Path, line, column, expected, found ?? at.Describe()));
    }
}
