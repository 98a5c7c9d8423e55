using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Generators.Emitter;

/// <summary>The CUDA sources of a class for one architecture.</summary>
internal static class KernelSources
{
    /// <summary>Every distinct kernel of every bucket, in order of first use.</summary>
    public static IEnumerable<RenderedKernel> Render(EncoderClass encoder, GpuArch arch)
    {
        EncoderDeclaration declaration = encoder.Declaration;
        return SchemeGroup.Of(declaration.Scheme, declaration.Shapes, arch, encoder.Strategies)
            .SelectMany(group => Scheduler.Schedule(Planner.Plan(declaration.Model, group.Scheme), group.Shapes, arch, encoder.Tuned).Kernels)
            .Distinct()
            .Select(KernelRenderer.Render);
    }
}
