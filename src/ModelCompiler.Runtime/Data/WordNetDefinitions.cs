using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ModelCompiler.Runtime.Data;

/// <summary>The part of a data set that an example belongs to.</summary>
public enum DataSplit
{
    /// <summary>For fitting.</summary>
    Training,

    /// <summary>For choosing.</summary>
    Validation,

    /// <summary>For the final number only.</summary>
    Test,
}

/// <summary>A WordNet definition and its supersense.</summary>
/// <param name="Text">The gloss without its examples.</param>
/// <param name="Label">The lexicographer file number, 0 to 44; an index into <see cref="WordNetDefinitions.Labels"/>.</param>
/// <param name="Split">The part of the data set.</param>
public readonly record struct WordNetDefinition(string Text, int Label, DataSplit Split);

/// <summary>
/// WordNet's definitions as a text classification set with 45 classes. An example is a synset line of a data file (see
/// WordNet's <c>wndb(5WN)</c>); its class is the lexicographer file, its text the gloss up to the first example. The
/// split is the byte offset modulo 10: 0 is test, 1 is validation, the rest is training.
/// </summary>
public static class WordNetDefinitions
{
    private static readonly string[] FileNames = ["data.noun", "data.verb", "data.adj", "data.adv"];

    /// <summary>The names of the lexicographer files by number, as in WordNet's <c>lexnames(5WN)</c>.</summary>
    public static ImmutableArray<string> Labels { get; } =
    [
        "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute",
        "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food", "noun.group",
        "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant",
        "noun.possession", "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state",
        "noun.substance", "noun.time", "verb.body", "verb.change", "verb.cognition", "verb.communication",
        "verb.competition", "verb.consumption", "verb.contact", "verb.creation", "verb.emotion", "verb.motion",
        "verb.perception", "verb.possession", "verb.social", "verb.stative", "verb.weather", "adj.ppl",
    ];

    /// <summary>Reads all definitions: nouns, verbs, adjectives, adverbs, each in file order.</summary>
    /// <param name="folder">The folder of <c>data.noun</c>, <c>data.verb</c>, <c>data.adj</c> and <c>data.adv</c>.</param>
    /// <exception cref="FileNotFoundException">One of the four files is not there.</exception>
    /// <exception cref="InvalidDataException">A line is no synset line.</exception>
    public static IEnumerable<WordNetDefinition> Read(string folder)
    {
        string[] paths = [.. FileNames.Select(name => Path.Combine(folder, name))];
        foreach (string path in paths)
        {
            if (!File.Exists(path))
                throw new FileNotFoundException(
                    $"WordNet's '{path}' is not there; the folder needs {string.Join(", ", FileNames)}.", path);
        }

        return paths.SelectMany(ReadFile);
    }

    /// <summary>Reads the definitions of one part of the data set; else like the other overload.</summary>
    public static IEnumerable<WordNetDefinition> Read(string folder, DataSplit split) =>
        Read(folder).Where(definition => definition.Split == split);

    private static IEnumerable<WordNetDefinition> ReadFile(string path)
    {
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.Latin1))
        {
            number++;
            if (!line.StartsWith("  ", StringComparison.Ordinal)) // the licence at the top is indented
                yield return Parse(path, number, line);
        }
    }

    // OFFSET LEXFILE TYPE COUNT WORD... | GLOSS; "EXAMPLE"
    private static WordNetDefinition Parse(string path, int number, ReadOnlySpan<char> line)
    {
        int bar = line.IndexOf('|');
        if (bar < 0
            || line.Length < 11
            || line[8] != ' '
            || !int.TryParse(line[..8], NumberStyles.None, CultureInfo.InvariantCulture, out int offset)
            || !int.TryParse(line[9..11], NumberStyles.None, CultureInfo.InvariantCulture, out int label)
            || label >= Labels.Length)
            throw new InvalidDataException(
                $"{path}, line {number}: expected a synset line 'OFFSET LEXFILE ... | GLOSS', found "
                + $"'{line[..Math.Min(line.Length, 40)]}'.");
        ReadOnlySpan<char> gloss = line[(bar + 1)..];
        int example = gloss.IndexOf("; \"", StringComparison.Ordinal);
        if (example >= 0)
            gloss = gloss[..example];
        DataSplit split = (offset % 10) switch
        {
            0 => DataSplit.Test,
            1 => DataSplit.Validation,
            _ => DataSplit.Training,
        };
        return new WordNetDefinition(gloss.Trim().ToString(), label, split);
    }
}
