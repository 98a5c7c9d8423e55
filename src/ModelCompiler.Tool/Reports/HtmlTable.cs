using System.Net;
using System.Text;

namespace ModelCompiler.Tool.Reports;

/// <summary>A table row by row.</summary>
internal sealed class HtmlTable
{
    private readonly StringBuilder _text = new("<table>\n");

    public HtmlTable(params string[] columns) =>
        _text.Append("<tr>").AppendJoin("", columns.Select(c => $"<th>{WebUtility.HtmlEncode(c)}</th>")).Append("</tr>\n");

    /// <summary>Adds a row. A cell has a class where it is to be coloured.</summary>
    public HtmlTable Row(params Cell[] cells)
    {
        _text.Append("<tr>");
        foreach (Cell cell in cells)
            _text.Append($"<td{(cell.Class is { } c ? $" class=\"{c}\"" : "")}>{WebUtility.HtmlEncode(cell.Text)}</td>");
        _text.Append("</tr>\n");
        return this;
    }

    public override string ToString() => _text + "</table>\n";

    internal readonly record struct Cell(string Text, string? Class = null)
    {
        public static implicit operator Cell(string text) => new(text);
    }
}
