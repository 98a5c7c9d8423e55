using System.Text.Json;

namespace ModelCompiler.Runtime.Text;

/// <summary>A value of a tokenizer's JSON and the way to it; every wrong type is a <see cref="TokenizerException"/>.</summary>
internal readonly record struct JsonPlace(string Path, string Name, JsonElement Value)
{
    /// <summary>Parses a file and hands its root object to a reader.</summary>
    public static T ReadFile<T>(string path, Func<JsonPlace, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return read(new JsonPlace(path, "file", document.RootElement));
        }
        catch (JsonException e)
        {
            throw new TokenizerException(path, "file", "well-formed JSON", e.Message, e);
        }
        catch (InvalidOperationException e) // a string whose escapes are no characters
        {
            throw new TokenizerException(path, "file", "valid Unicode text", e.Message, e);
        }
    }

    public bool IsNull => Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public JsonPlace Child(string property)
    {
        JsonPlace child = Optional(property);
        return child.Value.ValueKind == JsonValueKind.Undefined
            ? throw new TokenizerException(Path, Name, $"'{property}'", "nothing")
            : child;
    }

    /// <summary>The property, or a place for which <see cref="IsNull"/> holds.</summary>
    public JsonPlace Optional(string property)
    {
        if (Value.ValueKind != JsonValueKind.Object)
            throw Fail("an object");
        Value.TryGetProperty(property, out JsonElement value);
        return new JsonPlace(Path, Name == "file" ? property : $"{Name}.{property}", value);
    }

    public IEnumerable<JsonPlace> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array)
            throw Fail("an array");
        return Enumerate(this);

        static IEnumerable<JsonPlace> Enumerate(JsonPlace place)
        {
            int index = 0;
            foreach (JsonElement element in place.Value.EnumerateArray())
                yield return new JsonPlace(place.Path, $"{place.Name}[{index++}]", element);
        }
    }

    public IEnumerable<(string Key, JsonPlace Value)> Properties()
    {
        if (Value.ValueKind != JsonValueKind.Object)
            throw Fail("an object");
        return Enumerate(this);

        static IEnumerable<(string Key, JsonPlace Value)> Enumerate(JsonPlace place)
        {
            foreach (JsonProperty property in place.Value.EnumerateObject())
                yield return (property.Name, new JsonPlace(place.Path, $"{place.Name} '{property.Name}'", property.Value));
        }
    }

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Fail("a string");

    public string TextOr(string fallback) => IsNull ? fallback : Text();

    public bool Flag() =>
        Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? Value.GetBoolean() : throw Fail("true or false");

    public bool FlagOr(bool fallback) => IsNull ? fallback : Flag();

    public bool? OptionalFlag() => IsNull ? null : Flag();

    /// <summary>A whole number from 0 to 2^31 - 1.</summary>
    public int Count() =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out int value) && value >= 0
            ? value
            : throw Fail("a whole number from 0 to 2147483647");

    public TokenizerException Fail(string expected)
    {
        string found = IsNull ? "nothing" : Value.GetRawText();
        return new TokenizerException(Path, Name, expected, found.Length > 80 ? found[..80] + "…" : found);
    }
}
