using System.Text;
using System.Text.Json;

namespace ModelCompiler.Core.Spec.Configuration;

/// <summary>A JSON value that remembers where in the text it stands, so that errors can point there.</summary>
/// <param name="Kind">Token that the value starts with.</param>
/// <param name="Offset">UTF-8 byte offset of its first byte.</param>
/// <param name="Path">JSON path.</param>
/// <param name="Text">Value of a string, digits of a number as written, null otherwise.</param>
internal sealed record JsonEntry(JsonTokenType Kind, int Offset, string Path, string? Text)
{
    /// <summary>Members of an object, in order.</summary>
    public List<KeyValuePair<string, JsonEntry>> Members { get; } = [];

    /// <summary>Items of an array.</summary>
    public List<JsonEntry> Items { get; } = [];

    /// <summary>The member of that name, or null.</summary>
    public JsonEntry? Find(string name)
    {
        foreach (KeyValuePair<string, JsonEntry> member in Members)
        {
            if (member.Key == name)
                return member.Value;
        }

        return null;
    }

    /// <summary>The value as an error message shows it.</summary>
    public string Describe() => Kind switch
    {
        JsonTokenType.String => $"\"{Text}\"",
        JsonTokenType.Number => Text!,
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        JsonTokenType.StartObject => "an object",
        _ => "an array",
    };
}

/// <summary>Reads JSON into entries and refuses duplicate keys, which System.Text.Json lets pass.</summary>
internal sealed class JsonEntryReader
{
    private readonly byte[] _utf8;
    private readonly List<HuggingFaceConfigError> _errors;

    /// <summary>Reads UTF-8 text; errors are added to <paramref name="errors"/>.</summary>
    public JsonEntryReader(byte[] utf8, List<HuggingFaceConfigError> errors)
    {
        _utf8 = utf8;
        _errors = errors;
    }

    /// <summary>The root value, or null where the text is not JSON.</summary>
    public JsonEntry? Read()
    {
        try
        {
            var reader = new Utf8JsonReader(_utf8);
            reader.Read();
            JsonEntry root = ReadValue(ref reader, "$");
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            // The reader counts lines and bytes in a line from 0.
            int line = (int)(e.LineNumber ?? 0) + 1, column = (int)(e.BytePositionInLine ?? 0) + 1;
            _errors.Add(new(ConfigErrorKind.InvalidJson, "$", line, column, "valid JSON", FirstSentence(e.Message)));
        }
        catch (InvalidOperationException)
        {
            // A string with half of a surrogate pair in escapes cannot be decoded.
            _errors.Add(new(ConfigErrorKind.InvalidJson, "$", 1, 1, "valid Unicode in every string", "an escape that is half of a surrogate pair"));
        }

        return null;
    }

    /// <summary>Line and column, from 1, of a byte offset.</summary>
    public (int Line, int Column) Place(int offset)
    {
        int line = 1, start = 0;
        for (int i = 0; i < offset; i++)
        {
            if (_utf8[i] == (byte)'\n')
            {
                line++;
                start = i + 1;
            }
        }

        return (line, Encoding.UTF8.GetCharCount(_utf8, start, offset - start) + 1);
    }

    private JsonEntry ReadValue(ref Utf8JsonReader reader, string path)
    {
        string? text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => Encoding.ASCII.GetString(reader.ValueSpan.ToArray()),
            _ => null,
        };
        var entry = new JsonEntry(reader.TokenType, (int)reader.TokenStartIndex, path, text);
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                entry.Items.Add(ReadValue(ref reader, $"{path}[{entry.Items.Count}]"));
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            ReadMembers(ref reader, entry);
        }

        return entry;
    }

    private void ReadMembers(ref Utf8JsonReader reader, JsonEntry entry)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            string path = $"{entry.Path}.{name}";
            if (!names.Add(name))
            {
                (int line, int column) = Place((int)reader.TokenStartIndex);
                _errors.Add(new(ConfigErrorKind.DuplicateKey, path, line, column, "each key once", $"\"{name}\" again"));
            }

            reader.Read();
            entry.Members.Add(new(name, ReadValue(ref reader, path)));
        }
    }

    /// <summary>The reader's message without the line and byte position that it appends.</summary>
    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? message : message.Substring(0, end)).TrimEnd('.', ' ');
    }
}
