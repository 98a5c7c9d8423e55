using System.Text;

namespace ModelCompiler.Core.Rendering;

/// <summary>
/// Which kernels this compiler instantiates: a hash over the headers and templates that travel in it. Times that were
/// measured with others say little about these.
/// </summary>
public static class KernelVersion
{
    private const int Digits = 16;

    private static readonly Lazy<string> s_current = new(Compute);

    /// <summary>16 hexadecimal digits.</summary>
    public static string Current => s_current.Value;

    private static string Compute()
    {
        var assembly = typeof(KernelVersion).Assembly;
        var text = new StringBuilder();
        foreach (string name in assembly.GetManifestResourceNames().OrderBy(n => n, StringComparer.Ordinal))
        {
            if (!name.StartsWith("mc/", StringComparison.Ordinal) && !name.StartsWith("templates/cuda/", StringComparison.Ordinal))
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            // A checkout's line ends are no difference.
            string content = reader.ReadToEnd().Replace("\r\n", "\n");
            text.Append(name).Append(' ').Append(content.Length).Append('\n').Append(content);
        }

        return ContentHash.Of(text.ToString()).Substring(0, Digits);
    }
}
