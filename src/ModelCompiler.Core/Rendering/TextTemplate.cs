using System.Globalization;
using System.Reflection;
using HandlebarsDotNet;

namespace ModelCompiler.Core.Rendering;

/// <summary>
/// A Handlebars template that travels as an assembly resource. Text is written as it is, numbers in the invariant
/// culture, lines end in a line feed, and a name that the view does not have is an error.
/// </summary>
public sealed class TextTemplate
{
    private static readonly IHandlebars s_handlebars = Handlebars.Create(new HandlebarsConfiguration
    {
        NoEscape = true,
        ThrowOnUnresolvedBindingExpression = true,
        FormatProvider = CultureInfo.InvariantCulture,
    });

    private readonly HandlebarsTemplate<object, object> _template;

    /// <summary>Compiles the template of a resource.</summary>
    /// <exception cref="InvalidOperationException">The assembly was built without the resource.</exception>
    public TextTemplate(Assembly assembly, string resource)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} was built without the template '{resource}'.");
        using var reader = new StreamReader(stream);
        _template = s_handlebars.Compile(reader.ReadToEnd().Replace("\r\n", "\n"));
    }

    /// <summary>Fills in a view; its public properties are the template's variables.</summary>
    public string Render(object view) => _template(view).Replace("\r\n", "\n");
}
