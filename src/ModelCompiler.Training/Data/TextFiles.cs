using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using ModelCompiler.Runtime.Data;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Data;

/// <summary>Reads labelled texts from the files that a recipe names.</summary>
public static class TextFiles
{
    /// <summary>Reads one part of a data set.</summary>
    /// <param name="recipe">Format, files and columns.</param>
    /// <param name="split">The part.</param>
    /// <param name="labels">Label names of the model, by index.</param>
    /// <returns>The examples in the order of the file; empty where the recipe names no test file.</returns>
    /// <exception cref="DataException">A file or column is missing, or a line has no text or no known label.</exception>
    public static IReadOnlyList<TextExample> Read(DataRecipe recipe, DataSplit split, IReadOnlyList<string> labels)
    {
        string? path = recipe.Format == DataFormat.WordNet ? recipe.Folder : split switch
        {
            DataSplit.Training => recipe.Training,
            DataSplit.Validation => recipe.Validation,
            _ => recipe.Test,
        };
        if (path is null)
            return [];
        var names = new LabelNames(labels);
        IEnumerable<TextExample> examples = recipe.Format switch
        {
            DataFormat.WordNet => ReadWordNet(path, split, labels.Count),
            DataFormat.Tsv => ReadDelimited(path, "\t", recipe, names),
            DataFormat.Csv => ReadDelimited(path, ",", recipe, names),
            _ => ReadJsonLines(path, recipe, names),
        };
        TextExample[] all = [.. recipe.Limit > 0 ? examples.Take(recipe.Limit) : examples];
        return all.Length > 0 ? all : throw new DataException(path, 0, "at least one labelled text", "none");
    }

    private static IEnumerable<TextExample> ReadWordNet(string folder, DataSplit split, int labels)
    {
        if (labels < WordNetDefinitions.Labels.Length)
            throw new DataException(folder, 0, $"a model with WordNet's {WordNetDefinitions.Labels.Length} labels", $"one with {labels}");
        IEnumerable<WordNetDefinition> definitions;
        try
        {
            definitions = WordNetDefinitions.Read(folder, split);
        }
        catch (FileNotFoundException e)
        {
            throw new DataException(folder, 0, "WordNet's data files", e.Message.TrimEnd('.'));
        }

        return definitions.Select(d => new TextExample(d.Text, null, d.Label));
    }

    private static IEnumerable<TextExample> ReadDelimited(string path, string delimiter, DataRecipe recipe, LabelNames labels)
    {
        using StreamReader file = Open(path);
        bool tabs = delimiter == "\t";
        using var csv = new CsvParser(file, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = delimiter,
            // Tab-separated data sets do not quote: a quotation mark is one.
            Mode = tabs ? CsvMode.NoEscape : CsvMode.RFC4180,
            LineBreakInQuotedFieldIsBadData = false,
            BadDataFound = null,
        });
        if (!csv.Read())
            throw new DataException(path, 1, "a header with the names of the columns", "an empty file");
        string[] header = csv.Record!;
        int text = Column(recipe.TextColumn), label = Column(recipe.LabelColumn);
        int pair = recipe.PairColumn is { } name ? Column(name) : -1;
        while (csv.Read())
        {
            string[] fields = csv.Record!;
            if (fields.Length != header.Length)
                throw new DataException(path, csv.RawRow, $"{header.Length} fields as in the header", $"{fields.Length}");
            yield return new(fields[text], pair < 0 ? null : fields[pair], labels.IndexOf(path, csv.RawRow, fields[label]));
        }

        int Column(string name) => Array.IndexOf(header, name) is >= 0 and var index
            ? index
            : throw new DataException(path, 1, $"a column '{name}'", $"the columns {string.Join(", ", header)}");
    }

    private static IEnumerable<TextExample> ReadJsonLines(string path, DataRecipe recipe, LabelNames labels)
    {
        using StreamReader file = Open(path);
        for (int line = 1; file.ReadLine() is { } content; line++)
        {
            if (!string.IsNullOrWhiteSpace(content))
                yield return ParseObject(path, line, content, recipe, labels);
        }
    }

    private static TextExample ParseObject(string path, int line, string content, DataRecipe recipe, LabelNames labels)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new DataException(path, line, "one JSON object", LabelNames.Shorten(content));
            string? pair = recipe.PairColumn is { } name ? Text(root, name) : null;
            if (!root.TryGetProperty(recipe.LabelColumn, out JsonElement label))
                throw new DataException(path, line, $"a field '{recipe.LabelColumn}'", LabelNames.Shorten(content));
            return new(Text(root, recipe.TextColumn), pair, labels.IndexOf(path, line, label.ToString()));
        }
        catch (JsonException)
        {
            throw new DataException(path, line, "one JSON object", LabelNames.Shorten(content));
        }

        string Text(JsonElement root, string name) =>
            root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new DataException(path, line, $"a field '{name}' with text", LabelNames.Shorten(content));
    }

    private static StreamReader Open(string path) =>
        File.Exists(path) ? new StreamReader(path) : throw new DataException(path, 0, "a data file", "no such file");
}
