using ModelCompiler.Core.Rendering;

namespace ModelCompiler.Generators.Emitter;

/// <summary>Variables of <c>Kernels.cs.hbs</c>.</summary>
internal sealed class KernelsView(EncoderClass encoder, GpuArch arch, IEnumerable<RenderedKernel> kernels)
{
    public string Opening => CSharpText.Opening(encoder.Type);

    public string Closing => CSharpText.Closing(encoder.Type);

    public string Name => encoder.Type.Name;

    public string GeneratedCode => CSharpText.GeneratedCode;

    public string Arch => arch.ToString();

    public IReadOnlyList<KernelView> Kernels { get; } = [.. kernels.Select(k => new KernelView(k))];
}

/// <summary>One kernel in <c>Kernels.cs.hbs</c>.</summary>
internal sealed class KernelView(RenderedKernel kernel)
{
    public string Name => kernel.Name;

    public string Arch => kernel.Arch.ToString();

    // The raw string drops the line feed before its closing quotes, so the source keeps its own.
    public string Source => kernel.Source;

    public string Hash => kernel.Hash;

    public string Quotes { get; } = CSharpText.RawQuotes(kernel.Source);
}
