using System.Globalization;
using System.Reflection;
using HandlebarsDotNet;

namespace ModelCompiler.Generators.Emitter;

/// <summary>The C# templates, compiled once per process.</summary>
internal static class CSharpTemplates
{
    private static readonly IHandlebars s_handlebars = Handlebars.Create(new HandlebarsConfiguration
    {
        NoEscape = true,
        ThrowOnUnresolvedBindingExpression = true,
        FormatProvider = CultureInfo.InvariantCulture,
    });

    /// <summary>The typed class; takes an <see cref="EncoderView"/>.</summary>
    public static HandlebarsTemplate<object, object> Encoder { get; } = Compile("Encoder.cs.hbs");

    /// <summary>The descriptor; takes a <see cref="DescriptorView"/>.</summary>
    public static HandlebarsTemplate<object, object> Descriptor { get; } = Compile("Descriptor.cs.hbs");

    /// <summary>Kernels of one target; takes a <see cref="KernelsView"/>.</summary>
    public static HandlebarsTemplate<object, object> Kernels { get; } = Compile("Kernels.cs.hbs");

    private static HandlebarsTemplate<object, object> Compile(string name)
    {
        Assembly assembly = typeof(CSharpTemplates).Assembly;
        using Stream stream = assembly.GetManifestResourceStream("templates/csharp/" + name)
            ?? throw new InvalidOperationException($"The generator was built without the template '{name}'.");
        using var reader = new StreamReader(stream);
        return s_handlebars.Compile(reader.ReadToEnd().Replace("\r\n", "\n"));
    }
}
