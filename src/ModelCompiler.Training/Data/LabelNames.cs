using System.Globalization;

namespace ModelCompiler.Training.Data;

/// <summary>Turns what a data file says of a label into its index.</summary>
/// <param name="names">Label names of the model, by index.</param>
internal sealed class LabelNames(IReadOnlyList<string> names)
{
    private readonly Dictionary<string, int> _indices = names.Select((name, i) => (name, i))
        .GroupBy(p => p.name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().i, StringComparer.Ordinal);

    /// <summary>The index of a name, or of a number.</summary>
    /// <exception cref="DataException">Neither one of the names nor a number below their count.</exception>
    public int IndexOf(string path, long line, string label)
    {
        if (_indices.TryGetValue(label, out int named))
            return named;
        return int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < names.Count
            ? index
            : throw new DataException(path, line, $"one of the model's {names.Count} labels or an index from 0 to {names.Count - 1}", $"'{Shorten(label)}'");
    }

    internal static string Shorten(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
