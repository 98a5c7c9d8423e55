using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Generators.Emitter;

/// <summary>The CUDA sources of a class for one architecture.</summary>
internal static class KernelSources
{
    /// <summary>Every distinct kernel of every bucket, in order of first use.</summary>
    public static IEnumerable<RenderedKernel> Render(EncoderClass encoder, GpuArch arch) =>
        SchemeGroup.KernelsOf(encoder.Declaration, arch, encoder.Tuned, encoder.Strategies).Select(KernelRenderer.Render);
}
