using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelCompiler.Core.Tuning;

/// <summary>Writes a database: an entry a line, lines end in a line feed, times in hundredths of a microsecond.</summary>
internal static class TuningDatabaseWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(TuningDatabase database)
    {
        var text = new StringBuilder("{\n");
        text.Append("  \"version\": ").Append(TuningDatabase.SchemaVersion).Append(",\n");
        text.Append("  \"stamp\": ").Append(Line(json => Stamp(json, database.Stamp))).Append(",\n");
        Array(text, "entries", database.Entries.Select(e => Line(json => Entry(json, e))));
        text.Append(",\n");
        Array(text, "strategies", database.Strategies.Select(s => Line(json => Strategy(json, s))));
        text.Append(",\n");
        Array(text, "encoders", database.Encoders.Select(e => Line(json => Encoder(json, e))));
        return text.Append("\n}\n").ToString();
    }

    private static void Array(StringBuilder text, string name, IEnumerable<string> lines)
    {
        string items = string.Join(",\n    ", lines);
        text.Append("  \"").Append(name).Append("\": [").Append(items.Length == 0 ? "]" : "\n    " + items + "\n  ]");
    }

    private static void Stamp(Utf8JsonWriter json, TuningStamp stamp)
    {
        json.WriteString("gpu", stamp.Gpu);
        json.WriteString("computeCapability", stamp.ComputeCapability);
        json.WriteNumber("multiprocessors", stamp.Multiprocessors);
        json.WriteString("driver", stamp.Driver);
        json.WriteString("compiler", stamp.Compiler);
        json.WriteString("date", stamp.Date);
    }

    private static void Entry(Utf8JsonWriter json, TuningEntry entry)
    {
        json.WriteString("work", entry.Work);
        json.WriteNumber("tokens", entry.Tokens);
        json.WriteString("candidate", entry.Candidate);
        json.WriteNumber("medianUs", Hundredths(entry.MedianUs));
        json.WriteNumber("spreadUs", Hundredths(entry.SpreadUs));
        if (entry.RunnerUp is { } second && entry.RunnerUpUs is { } time)
        {
            json.WriteString("runnerUp", second);
            json.WriteNumber("runnerUpUs", Hundredths(time));
        }

        Texts(json, "kernels", entry.Kernels);
    }

    private static void Strategy(Utf8JsonWriter json, TuningStrategy strategy)
    {
        json.WriteString("model", strategy.Model);
        Texts(json, "checkpoint", strategy.Checkpoint);
        json.WriteNumber("tokens", strategy.Tokens);
        Texts(json, "parts", strategy.Parts);
        json.WriteNumber("medianUs", Hundredths(strategy.MedianUs));
        json.WriteNumber("checkpointUs", Hundredths(strategy.CheckpointUs));
        Texts(json, "kernels", strategy.Kernels);
    }

    private static void Encoder(Utf8JsonWriter json, TuningEncoder encoder)
    {
        json.WriteString("model", encoder.Model);
        Texts(json, "parts", encoder.Parts);
        json.WriteNumber("tokens", encoder.Tokens);
        json.WriteNumber("sequence", encoder.Sequence);
        json.WriteNumber("rulesUs", Hundredths(encoder.RulesUs));
        json.WriteNumber("tunedUs", Hundredths(encoder.TunedUs));
        json.WriteNumber("spreadUs", Hundredths(encoder.SpreadUs));
        Texts(json, "kernels", encoder.Kernels);
    }

    private static void Texts(Utf8JsonWriter json, string name, EquatableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static decimal Hundredths(double microseconds) => Math.Round((decimal)microseconds, 2);

    private static string Line(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
