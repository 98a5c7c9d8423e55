using System.Text;
using System.Text.Json;

namespace ModelCompiler.Training.Recipes;

/// <summary>A JSON value that knows its file and line, so that a wrong one can be pointed at.</summary>
public sealed class RecipeNode
{
    private readonly Dictionary<string, RecipeNode> _properties = new(StringComparer.Ordinal);
    private readonly List<RecipeNode> _items = [];

    private RecipeNode(string path, long line, string field, JsonValueKind kind, string text) =>
        (Path, Line, Field, Kind, Text) = (path, line, field, kind, text);

    /// <summary>The file, or the option that set the value.</summary>
    public string Path { get; }

    /// <summary>Line from 1; 0 where the value comes from no file.</summary>
    public long Line { get; }

    /// <summary>Dotted path of the field; empty for the whole file.</summary>
    public string Field { get; }

    /// <summary>Kind of the value.</summary>
    public JsonValueKind Kind { get; }

    /// <summary>Strings unescaped, other scalars as written; empty for objects and arrays.</summary>
    public string Text { get; }

    /// <summary>Fields of an object, in the order of the file.</summary>
    public IReadOnlyDictionary<string, RecipeNode> Properties => _properties;

    /// <summary>Items of an array.</summary>
    public IReadOnlyList<RecipeNode> Items => _items;

    /// <summary>Reads a file. Comments and a trailing comma are allowed.</summary>
    /// <exception cref="RecipeException">The file is missing or no JSON object.</exception>
    public static RecipeNode ReadFile(string path)
    {
        if (!File.Exists(path))
            throw new RecipeException(path, 0, "", "a JSON file", "no such file");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>Parses a whole file's text, which must be an object.</summary>
    public static RecipeNode Parse(string path, byte[] text)
    {
        RecipeNode root = ParseValue(path, text, firstLine: 1, "");
        return root.Kind == JsonValueKind.Object ? root : throw root.Fail("an object");
    }

    /// <summary>Sets a field that a command line names: <c>training.epochs=3</c>. Objects on the way are made.</summary>
    /// <exception cref="RecipeException">The text is no assignment, or goes through a value that is no object.</exception>
    public void Set(string assignment)
    {
        string option = $"--set {assignment}";
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new RecipeException("--set", 0, "", "FIELD=VALUE such as training.epochs=3", $"'{assignment}'");
        string field = assignment[..equals], value = assignment[(equals + 1)..];
        RecipeNode parent = this;
        string[] names = field.Split('.');
        for (int i = 0; i < names.Length - 1; i++)
        {
            if (!parent._properties.TryGetValue(names[i], out RecipeNode? child))
                parent._properties.Add(names[i], child = new(option, 0, string.Join('.', names[..(i + 1)]), JsonValueKind.Object, ""));
            parent = child.Kind == JsonValueKind.Object ? child : throw new RecipeException(option, 0, child.Field, "an object to set a field of", Describe(child));
        }

        parent._properties[names[^1]] = Literal(option, value, field);
    }

    /// <summary>An error at this place.</summary>
    public RecipeException Fail(string expected) => new(Path, Line, Field, expected, Describe(this));

    /// <summary>The value as JSON text.</summary>
    public string ToJson() => Kind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', _properties.Select(p => JsonSerializer.Serialize(p.Key) + ":" + p.Value.ToJson())) + "}",
        JsonValueKind.Array => "[" + string.Join(',', _items.Select(i => i.ToJson())) + "]",
        JsonValueKind.String => JsonSerializer.Serialize(Text),
        _ => Text,
    };

    /// <summary>JSON where the text is a JSON value, otherwise a string: quotes are a nuisance in a shell.</summary>
    private static RecipeNode Literal(string option, string value, string field)
    {
        try
        {
            using JsonDocument _ = JsonDocument.Parse(value);
        }
        catch (JsonException)
        {
            return new(option, 0, field, JsonValueKind.String, value);
        }

        return ParseValue(option, Encoding.UTF8.GetBytes(value), firstLine: 0, field);
    }

    private static RecipeNode ParseValue(string path, byte[] text, long firstLine, string field)
    {
        var lines = new LineCounter(text, firstLine);
        var options = new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        var reader = new Utf8JsonReader(text.AsSpan() is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : text, options);
        try
        {
            reader.Read();
            RecipeNode node = ReadValue(ref reader, path, lines, field);
            reader.Read();
            return node;
        }
        catch (JsonException e)
        {
            throw new RecipeException(path, firstLine + (e.LineNumber ?? 0), field, "well-formed JSON", e.Message.Split(" LineNumber")[0].TrimEnd('.'));
        }
    }

    private static RecipeNode ReadValue(ref Utf8JsonReader reader, string path, LineCounter lines, string field)
    {
        long line = lines.At(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var node = new RecipeNode(path, line, field, JsonValueKind.Object, "");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    string name = reader.GetString()!;
                    string inner = field.Length == 0 ? name : $"{field}.{name}";
                    long at = lines.At(reader.TokenStartIndex);
                    reader.Read();
                    if (!node._properties.TryAdd(name, ReadValue(ref reader, path, lines, inner)))
                        throw new RecipeException(path, at, inner, "each field once", "it a second time");
                }

                return node;
            case JsonTokenType.StartArray:
                var array = new RecipeNode(path, line, field, JsonValueKind.Array, "");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    array._items.Add(ReadValue(ref reader, path, lines, $"{field}[{array._items.Count}]"));
                return array;
            case JsonTokenType.String:
                return new(path, line, field, JsonValueKind.String, reader.GetString()!);
            case JsonTokenType.Number:
                return new(path, line, field, JsonValueKind.Number, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True:
                return new(path, line, field, JsonValueKind.True, "true");
            case JsonTokenType.False:
                return new(path, line, field, JsonValueKind.False, "false");
            default:
                return new(path, line, field, JsonValueKind.Null, "null");
        }
    }

    private static string Describe(RecipeNode node) => node.Kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"an array of {node.Items.Count}",
        JsonValueKind.String => $"'{node.Text}'",
        _ => node.Text,
    };

    private sealed class LineCounter(byte[] text, long firstLine)
    {
        private long _position;
        private readonly bool _counts = firstLine > 0;
        private long _line = firstLine;

        public long At(long position)
        {
            for (; _position < position; _position++)
                _line += _counts && text[_position] == '\n' ? 1 : 0;
            return _line;
        }
    }
}
