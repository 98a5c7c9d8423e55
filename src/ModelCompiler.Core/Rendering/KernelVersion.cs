using System.Text;
using System.Text.RegularExpressions;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Rendering;

/// <summary>
/// Which kernels of a kind this compiler instantiates: the kind, and a hash over its template and the headers that it
/// includes, directly or through others, such as <c>wgmma_gemm:0123456789abcdef</c>. Times that were measured with another
/// version of a kernel say little about this one; a header that it does not include is no difference, nor is a comment.
/// </summary>
public static class KernelVersion
{
    private const int Digits = 16;
    private const string TemplatePrefix = "templates/cuda/", TemplateSuffix = ".cu.hbs";

    private static readonly Regex s_include = new("^[ \t]*#[ \t]*include[ \t]*\"(?<name>[^\"\r\n]+)\"", RegexOptions.Multiline);

    /// <summary>Comments and white space, and literals, in which neither means anything.</summary>
    private static readonly Regex s_insignificant = new(
        """(?<literal>"(\\.|[^"\\\n])*")|(//[^\n]*|/\*.*?\*/|\s)+""", RegexOptions.Singleline | RegexOptions.ExplicitCapture);

    private static readonly Lazy<Dictionary<string, string>> s_byKind = new(() => Kinds().ToDictionary(kind => kind, kind => Compute(kind, Resource)));

    private static readonly Lazy<HashSet<string>> s_current = new(() => [.. s_byKind.Value.Values]);

    /// <summary>Version of a kernel.</summary>
    public static string Of(KernelPlan kernel) => s_byKind.Value[kernel.TemplateName];

    /// <summary>Versions of all kinds among some kernels, sorted.</summary>
    public static EquatableArray<string> Of(IEnumerable<KernelPlan> kernels) =>
        kernels.Select(Of).Distinct().OrderBy(v => v, StringComparer.Ordinal).ToEquatableArray();

    /// <summary>True for a version that this compiler has.</summary>
    public static bool IsCurrent(string version) => s_current.Value.Contains(version);

    /// <summary>The kind of a version.</summary>
    public static string KindOf(string version) => version.Split(':')[0];

    /// <summary>Version of a kind of kernels.</summary>
    /// <param name="kind">Name of its template.</param>
    /// <param name="text">Content of a template or header; null for a name that is not there.</param>
    public static string Compute(string kind, Func<string, string?> text)
    {
        string template = KernelRenderer.TemplateResource(kind);
        var reached = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var open = new Stack<string>([template]);
        while (open.Count > 0)
        {
            string name = open.Pop();
            if (reached.ContainsKey(name) || text(name) is not { } content)
                continue;
            reached.Add(name, content);
            foreach (Match include in s_include.Matches(content))
                open.Push(include.Groups["name"].Value);
        }

        var all = new StringBuilder();
        foreach (KeyValuePair<string, string> file in reached)
            all.Append(file.Key).Append('\n').Append(Significant(file.Value)).Append('\n');
        return $"{kind}:{ContentHash.Of(all.ToString()).Substring(0, Digits)}";
    }

    private static string Significant(string content) =>
        s_insignificant.Replace(content, match => match.Groups["literal"] is { Success: true } literal ? literal.Value : " ").Trim();

    private static IEnumerable<string> Kinds() =>
        from name in typeof(KernelVersion).Assembly.GetManifestResourceNames()
        where name.StartsWith(TemplatePrefix, StringComparison.Ordinal) && name.EndsWith(TemplateSuffix, StringComparison.Ordinal)
        select name.Substring(TemplatePrefix.Length, name.Length - TemplatePrefix.Length - TemplateSuffix.Length);

    private static string? Resource(string name)
    {
        using Stream? stream = typeof(KernelVersion).Assembly.GetManifestResourceStream(name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
