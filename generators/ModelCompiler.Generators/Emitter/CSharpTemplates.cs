using ModelCompiler.Core.Rendering;

namespace ModelCompiler.Generators.Emitter;

/// <summary>The C# templates, compiled once per process.</summary>
internal static class CSharpTemplates
{
    /// <summary>The typed class; takes an <see cref="EncoderView"/>.</summary>
    public static TextTemplate Encoder { get; } = Template("Encoder");

    /// <summary>The descriptor; takes a <see cref="DescriptorView"/>.</summary>
    public static TextTemplate Descriptor { get; } = Template("Descriptor");

    /// <summary>Kernels of one target; takes a <see cref="KernelsView"/>.</summary>
    public static TextTemplate Kernels { get; } = Template("Kernels");

    private static TextTemplate Template(string name) => new(typeof(CSharpTemplates).Assembly, $"templates/csharp/{name}.cs.hbs");
}
