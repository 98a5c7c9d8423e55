using System.Globalization;
using System.Text.Json;
using ModelCompiler.Runtime.Data;

namespace ModelCompiler.Tool.Evaluation;

/// <summary>A text, or a pair of texts, and the index of its label.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text of a pair, or null.</param>
/// <param name="Label">Index of the label.</param>
public sealed record LabelledText(string Text, string? Pair, int Label);

/// <summary>
/// Labelled texts of a file or folder: WordNet's data files (the test tenth), tab-separated lines with or without a
/// header that names <c>text</c> and <c>label</c>, or JSON lines with these names. Labels are names or indices.
/// </summary>
public static class DataSet
{
    /// <summary>Reads a data set.</summary>
    /// <param name="path">A folder with WordNet's data files, or a <c>.tsv</c> or <c>.jsonl</c> file.</param>
    /// <param name="labels">Label names of the model, by index.</param>
    /// <exception cref="DataSetException">The file is of another kind, empty, or a line has no text or no known label.</exception>
    public static IReadOnlyList<LabelledText> Read(string path, IReadOnlyList<string> labels)
    {
        if (Directory.Exists(path))
            return ReadWordNet(path, labels);
        if (!File.Exists(path))
            throw new DataSetException(path, 0, "a folder with WordNet's data files, or a .tsv or .jsonl file", "nothing there");
        IReadOnlyList<LabelledText> texts = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".tsv" => ReadTabSeparated(path, labels),
            ".jsonl" => ReadJsonLines(path, labels),
            var other => throw new DataSetException(path, 0, "a .tsv or .jsonl file", $"'{other}'"),
        };
        return texts.Count > 0 ? texts : throw new DataSetException(path, 0, "at least one labelled text", "none");
    }

    private static List<LabelledText> ReadWordNet(string folder, IReadOnlyList<string> labels)
    {
        var texts = new List<LabelledText>();
        foreach (WordNetDefinition definition in WordNetDefinitions.Read(folder, DataSplit.Test))
        {
            if (definition.Label >= labels.Count)
                throw new DataSetException(folder, 0, $"labels below {labels.Count}, the labels of the model", $"{definition.Label}");
            texts.Add(new(definition.Text, null, definition.Label));
        }

        return texts;
    }

    private static List<LabelledText> ReadTabSeparated(string path, IReadOnlyList<string> labels)
    {
        var texts = new List<LabelledText>();
        (int text, int pair, int label, int columns) = (0, -1, 1, 2);
        int line = 0;
        foreach (string content in File.ReadLines(path))
        {
            line++;
            if (content.Length == 0)
                continue;
            string[] fields = content.Split('\t');
            if (line == 1 && Array.IndexOf(fields, "label") is >= 0 and var found)
            {
                label = found;
                text = Array.FindIndex(fields, f => f is "text" or "sentence" or "sentence1");
                pair = Array.FindIndex(fields, f => f is "text_pair" or "sentence2");
                columns = fields.Length;
                if (text < 0)
                    throw new DataSetException(path, line, "a column 'text' beside 'label'", string.Join(", ", fields));
                continue;
            }

            if (fields.Length != columns)
                throw new DataSetException(path, line, $"{columns} tab-separated fields", $"{fields.Length}");
            texts.Add(new(fields[text], pair < 0 ? null : fields[pair], LabelIndex(path, line, fields[label], labels)));
        }

        return texts;
    }

    private static List<LabelledText> ReadJsonLines(string path, IReadOnlyList<string> labels)
    {
        var texts = new List<LabelledText>();
        int line = 0;
        foreach (string content in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(content))
                continue;
            try
            {
                using JsonDocument document = JsonDocument.Parse(content);
                JsonElement root = document.RootElement;
                if (root.ValueKind != JsonValueKind.Object
                    || !root.TryGetProperty("text", out JsonElement text) || text.ValueKind != JsonValueKind.String
                    || !root.TryGetProperty("label", out JsonElement label))
                    throw new DataSetException(path, line, "an object with 'text' and 'label'", Shorten(content));
                string? pair = root.TryGetProperty("text_pair", out JsonElement second) && second.ValueKind == JsonValueKind.String
                    ? second.GetString() : null;
                texts.Add(new(text.GetString()!, pair, LabelIndex(path, line, label.ToString(), labels)));
            }
            catch (JsonException)
            {
                throw new DataSetException(path, line, "one JSON object", Shorten(content));
            }
        }

        return texts;
    }

    private static int LabelIndex(string path, int line, string label, IReadOnlyList<string> labels)
    {
        for (int i = 0; i < labels.Count; i++)
        {
            if (labels[i] == label)
                return i;
        }

        return int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < labels.Count
            ? index
            : throw new DataSetException(path, line, $"one of the model's {labels.Count} labels or an index below {labels.Count}", $"'{Shorten(label)}'");
    }

    private static string Shorten(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
