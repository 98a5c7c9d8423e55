using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Generators.Emitter;

/// <summary>Pieces of C# that several templates share.</summary>
internal static class CSharpText
{
    /// <summary>The attribute on every generated member.</summary>
    public static string GeneratedCode { get; } =
        $"[global::System.CodeDom.Compiler.GeneratedCode(\"ModelCompiler\", \"{typeof(CSharpText).Assembly.GetName().Version}\")]";

    /// <summary>A string literal.</summary>
    public static string Literal(string value) => SymbolDisplay.FormatLiteral(value, quote: true);

    /// <summary>A decimal integer.</summary>
    public static string Literal(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Namespace and types up to the declaration of the class, each with its brace. Starts with an empty line.</summary>
    public static string Opening(DeclaredType type)
    {
        var text = new StringBuilder();
        if (type.Namespace.Length > 0)
            text.Append("\nnamespace ").Append(type.Namespace).Append(";\n");
        foreach (ContainerType container in type.Containers)
            text.Append("\npartial ").Append(container.Keyword).Append(' ').Append(container.Name).Append("\n{");
        return text.ToString();
    }

    /// <summary>The braces that <see cref="Opening"/> left open.</summary>
    public static string Closing(DeclaredType type) => string.Join("\n", Enumerable.Repeat("}", type.Containers.Count));

    /// <summary>Quotes that open and close a raw string with this content.</summary>
    public static string RawQuotes(string content)
    {
        int longest = 2, run = 0;
        foreach (char c in content)
        {
            run = c == '"' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return new string('"', longest + 1);
    }

    /// <summary>Exactly one line feed at the end, none but line feeds within.</summary>
    public static string Finish(string text) => text.Replace("\r", "").TrimEnd('\n') + "\n";
}
