using System.Text.Json;
using System.Text.Unicode;

namespace ModelCompiler.Runtime.Weights;

/// <summary>
/// Reads the JSON of safetensors headers and indexes. Every fault, from broken UTF-8 to a wrong token, becomes one
/// <see cref="SafetensorsFormatException"/>. Objects are walked by hand because that is the only way in which
/// duplicate names are seen.
/// </summary>
internal ref struct StrictJsonReader
{
    private readonly string _path;
    private Utf8JsonReader _reader;

    public StrictJsonReader(string path, ReadOnlySpan<byte> json, int maxDepth)
    {
        _path = path;
        if (!Utf8.IsValid(json))
            throw Fail("JSON", "valid UTF-8", "an invalid byte sequence");
        _reader = new Utf8JsonReader(
            json,
            new JsonReaderOptions
            {
                MaxDepth = maxDepth,
                CommentHandling = JsonCommentHandling.Disallow,
                AllowTrailingCommas = false,
            });
    }

    public readonly JsonTokenType TokenType => _reader.TokenType;

    public void Read(string what)
    {
        try
        {
            if (!_reader.Read())
                throw Fail(what, "more JSON", "its end");
        }
        catch (JsonException e)
        {
            throw Fail(what, "well-formed JSON", e.Message, e);
        }
    }

    public void ReadStartObject(string what)
    {
        Read(what);
        Require(JsonTokenType.StartObject, what, "an object");
    }

    /// <summary>Moves to the next property and returns its name, or null at the object's end.</summary>
    /// <param name="what">Where this is, for the message.</param>
    /// <param name="seen">The names so far; a name that is in it already is refused.</param>
    public string? ReadPropertyName(string what, HashSet<string> seen)
    {
        Read(what);
        if (_reader.TokenType == JsonTokenType.EndObject)
            return null;
        string name = Text(what);
        if (!seen.Add(name))
            throw Fail(what, "names that occur once", $"'{name}' twice");
        return name;
    }

    public string ReadString(string what)
    {
        Read(what);
        Require(JsonTokenType.String, what, "a string");
        return Text(what);
    }

    /// <summary>A whole number from 0 to 2^63 - 1, written with digits only.</summary>
    public readonly long NonNegativeInteger(string what)
    {
        Require(JsonTokenType.Number, what, "a whole number");
        long value = 0;
        foreach (byte digit in _reader.ValueSpan)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                throw Fail(what, "a whole number, not negative, in digits", Raw());
            int units = digit - '0';
            if (value > (long.MaxValue - units) / 10)
                throw Fail(what, "a number below 2^63", Raw());
            value = (value * 10) + units;
        }

        return value;
    }

    /// <summary>The index holds values that nobody reads; they still have to be well-formed.</summary>
    public void SkipValue(string what)
    {
        Read(what);
        try
        {
            _reader.Skip();
        }
        catch (JsonException e)
        {
            throw Fail(what, "well-formed JSON", e.Message, e);
        }
    }

    public void ReadEnd(string what)
    {
        try
        {
            if (_reader.Read())
                throw Fail(what, "the end after the object", Raw());
        }
        catch (JsonException e)
        {
            throw Fail(what, "the end after the object", e.Message, e);
        }
    }

    public readonly void Require(JsonTokenType type, string what, string expected)
    {
        if (_reader.TokenType != type)
            throw Fail(what, expected, Raw());
    }

    public readonly SafetensorsFormatException Fail(
        string what, string expected, string found, Exception? inner = null) =>
        new(_path, what, expected, found, inner);

    private readonly string Text(string what)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Fail(what, "text", "an escape that is no character", e);
        }
    }

    private readonly string Raw()
    {
        ReadOnlySpan<byte> raw = _reader.ValueSpan;
        string text = System.Text.Encoding.UTF8.GetString(raw[..Math.Min(raw.Length, 60)]);
        return _reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? $"\"{text}\"" : $"'{text}'";
    }
}
