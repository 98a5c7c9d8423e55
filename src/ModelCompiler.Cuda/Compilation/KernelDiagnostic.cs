using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>A message of the compiler about a place in a kernel or a header.</summary>
/// <param name="File">Name of the program or header.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="IsError">True for an error, false for a warning.</param>
/// <param name="Message">What the compiler says.</param>
public sealed partial record KernelDiagnostic(string File, int Line, bool IsError, string Message)
{
    private const int ContextLines = 2;

    /// <summary>The messages in a log, in order. Those without a place, as ptxas writes them, stay in the log only.</summary>
    public static ImmutableArray<KernelDiagnostic> Parse(string log) =>
    [
        .. from Match match in MessageLine().Matches(log)
           select new KernelDiagnostic(
               match.Groups["file"].Value,
               int.Parse(match.Groups["line"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
               match.Groups["severity"].ValueSpan.EndsWith("error", StringComparison.Ordinal),
               match.Groups["message"].Value.Trim())
    ];

    /// <summary>The line with two lines before and after it, numbered, an arrow at the line itself.</summary>
    /// <param name="text">Whole text of <see cref="File"/>.</param>
    public string Excerpt(string text)
    {
        string[] lines = text.Split('\n');
        var excerpt = new StringBuilder();
        for (int line = Math.Max(1, Line - ContextLines); line <= Math.Min(lines.Length, Line + ContextLines); line++)
        {
            excerpt.Append(CultureInfo.InvariantCulture, $"{(line == Line ? '>' : ' ')}{line,5} | ")
                .Append(lines[line - 1].TrimEnd('\r')).Append('\n');
        }

        return excerpt.ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{File}({Line}): {(IsError ? "error" : "warning")}: {Message}";

    [GeneratedRegex(
        @"^(?<file>[^\s(][^(\n]*)\((?<line>\d{1,9})\): (?<severity>(catastrophic )?error|warning)[^:\n]*: (?<message>.*)$",
        RegexOptions.Multiline)]
    private static partial Regex MessageLine();
}
