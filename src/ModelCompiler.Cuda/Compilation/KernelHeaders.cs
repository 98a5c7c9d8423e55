using System.Collections.Immutable;
using System.Text.RegularExpressions;
using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>
/// The headers that kernels may include, by the name in the include line (<c>mc/gemm.cuh</c>). They are handed to the
/// compiler as text; it reads none from disk.
/// </summary>
public sealed partial class KernelHeaders
{
    private const string EmbeddedPrefix = "mc/";

    private static readonly Lazy<KernelHeaders> EmbeddedHeaders = new(ReadEmbedded);

    private readonly ImmutableSortedDictionary<string, string> _texts;

    /// <summary>Makes a set of headers.</summary>
    /// <param name="texts">Text by name.</param>
    public KernelHeaders(IEnumerable<KeyValuePair<string, string>> texts) =>
        _texts = texts.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The headers of <c>native/include/mc</c>, which travel inside the compiler's assembly.</summary>
    public static KernelHeaders Embedded => EmbeddedHeaders.Value;

    /// <summary>Names of all headers, sorted by ordinal.</summary>
    public IEnumerable<string> Names => _texts.Keys;

    /// <summary>Text of a header, or null where there is none of that name.</summary>
    public string? Find(string name) => _texts.GetValueOrDefault(name);

    /// <summary>
    /// The headers that a text includes, directly or through others, sorted by name. Include lines inside comments or
    /// excluded branches count too: a header too many costs nothing but a wider key. A name that is not in the set is left
    /// for the compiler to report.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> ReachableFrom(string text)
    {
        var reached = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var open = new Stack<string>([text]);
        while (open.TryPop(out string? current))
        {
            foreach (Match match in IncludeLine().Matches(current))
            {
                string name = match.Groups["name"].Value;
                if (_texts.TryGetValue(name, out string? header) && reached.TryAdd(name, header))
                    open.Push(header);
            }
        }

        return [.. reached];
    }

    private static KernelHeaders ReadEmbedded()
    {
        var assembly = typeof(GpuArchExtensions).Assembly;
        return new KernelHeaders(
            from name in assembly.GetManifestResourceNames()
            where name.StartsWith(EmbeddedPrefix, StringComparison.Ordinal)
            select KeyValuePair.Create(name, Read(name)));

        string Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]*["<](?<name>[^">\r\n]+)[">]""", RegexOptions.Multiline)]
    private static partial Regex IncludeLine();
}
