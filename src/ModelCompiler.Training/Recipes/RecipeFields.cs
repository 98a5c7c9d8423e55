using System.Globalization;
using System.Text.Json;

namespace ModelCompiler.Training.Recipes;

/// <summary>Takes the fields of one object of a recipe, with their types and limits, and refuses what nobody took.</summary>
public sealed class RecipeFields
{
    private readonly RecipeNode _node;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Fields of an object.</summary>
    /// <exception cref="RecipeException">The value is no object.</exception>
    public RecipeFields(RecipeNode node) => _node = node.Kind == JsonValueKind.Object ? node : throw node.Fail("an object");

    /// <summary>The value, or null where the field is absent or null.</summary>
    public RecipeNode? Optional(string name)
    {
        _known.Add(name);
        return _node.Properties.TryGetValue(name, out RecipeNode? value) && value.Kind != JsonValueKind.Null ? value : null;
    }

    /// <summary>The value of a field that has to be there.</summary>
    public RecipeNode Required(string name) => Optional(name)
        ?? throw new RecipeException(_node.Path, _node.Line, _node.Field.Length == 0 ? name : $"{_node.Field}.{name}", "this field", "nothing");

    /// <summary>A section read by a function, or null.</summary>
    public T? Section<T>(string name, Func<RecipeFields, T> read)
        where T : class => Optional(name) is { } node ? Read(node, read) : null;

    /// <summary>A section that has to be there.</summary>
    public T RequiredSection<T>(string name, Func<RecipeFields, T> read)
        where T : class => Read(Required(name), read);

    /// <summary>Reads an object and refuses fields that the reader did not ask for.</summary>
    public static T Read<T>(RecipeNode node, Func<RecipeFields, T> read)
    {
        var fields = new RecipeFields(node);
        T result = read(fields);
        foreach ((string name, RecipeNode value) in node.Properties)
        {
            if (!fields._known.Contains(name) && name != "$schema")
                throw new RecipeException(value.Path, value.Line, value.Field, $"one of the fields {string.Join(", ", fields._known.Order(StringComparer.Ordinal))}", $"'{name}'");
        }

        return result;
    }

    /// <summary>Text, or a default.</summary>
    public string? String(string name, string? fallback = null) => Optional(name) is { } node ? TextOf(node) : fallback;

    /// <summary>A path, relative to the recipe's folder; null where absent.</summary>
    public string? OptionalPath(string name) => Optional(name) is { } node ? PathOf(node) : null;

    /// <summary>A path that has to be there.</summary>
    public string RequiredPath(string name) => PathOf(Required(name));

    /// <summary>One path, or several in an array.</summary>
    public IReadOnlyList<string> Paths(string name) => Optional(name) switch
    {
        null => [],
        { Kind: JsonValueKind.Array } array => [.. array.Items.Select(PathOf)],
        { } one => [PathOf(one)],
    };

    /// <summary>true or false.</summary>
    public bool Flag(string name, bool fallback) => Optional(name) switch
    {
        null => fallback,
        { Kind: JsonValueKind.True } => true,
        { Kind: JsonValueKind.False } => false,
        { } other => throw other.Fail("true or false"),
    };

    /// <summary>A whole number within limits.</summary>
    public int Integer(string name, int fallback, int low, int high = int.MaxValue) => Optional(name) is { } node ? IntegerOf(node, low, high) : fallback;

    /// <summary>A whole number, or null.</summary>
    public int? OptionalInteger(string name, int low, int high = int.MaxValue) => Optional(name) is { } node ? IntegerOf(node, low, high) : null;

    /// <summary>Whole numbers, or null.</summary>
    public IReadOnlyList<int>? Integers(string name, int low)
    {
        if (Optional(name) is not { } node)
            return null;
        if (node.Kind != JsonValueKind.Array || node.Items.Count == 0)
            throw node.Fail("an array of whole numbers");
        return [.. node.Items.Select(item => IntegerOf(item, low, int.MaxValue))];
    }

    /// <summary>A number within limits, both included.</summary>
    public double Number(string name, double fallback, double low, double high = double.MaxValue) => OptionalNumber(name, low, high) ?? fallback;

    /// <summary>A number, or null.</summary>
    public double? OptionalNumber(string name, double low, double high = double.MaxValue)
    {
        if (Optional(name) is not { } node)
            return null;
        string expected = high == double.MaxValue ? $"a number of at least {Text(low)}" : $"a number from {Text(low)} to {Text(high)}";
        return node.Kind == JsonValueKind.Number
            && double.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= low && value <= high
                ? value
                : throw node.Fail(expected);
    }

    /// <summary>A name out of a list.</summary>
    public T Choice<T>(string name, T fallback, params ReadOnlySpan<(string Name, T Value)> choices)
    {
        if (Optional(name) is not { } node)
            return fallback;
        var names = new List<string>();
        foreach ((string choice, T value) in choices)
        {
            if (node.Kind == JsonValueKind.String && node.Text == choice)
                return value;
            names.Add(choice);
        }

        throw node.Fail($"one of {string.Join(", ", names)}");
    }

    private static string TextOf(RecipeNode node) => node.Kind == JsonValueKind.String ? node.Text : throw node.Fail("text");

    /// <summary>A value of a file is relative to it; a value of the command line to the working folder.</summary>
    private static string PathOf(RecipeNode node)
    {
        string text = TextOf(node);
        if (text.Length == 0)
            throw node.Fail("a path");
        string folder = node.Line > 0 ? Path.GetDirectoryName(Path.GetFullPath(node.Path))! : Environment.CurrentDirectory;
        return Path.GetFullPath(Path.Combine(folder, text));
    }

    private static int IntegerOf(RecipeNode node, int low, int high) =>
        node.Kind == JsonValueKind.Number
        && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
        && value >= low && value <= high
            ? value
            : throw node.Fail(high == int.MaxValue ? $"a whole number of at least {low}" : $"a whole number from {low} to {high}");

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
