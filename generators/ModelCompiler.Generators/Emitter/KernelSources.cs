using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Generators.Emitter;

/// <summary>The CUDA sources of a plan for one architecture.</summary>
internal static class KernelSources
{
    /// <summary>Every distinct kernel of every bucket, in order of first use.</summary>
    public static IEnumerable<RenderedKernel> Render(ExecutionPlan plan, ShapeSet shapes, GpuArch arch, EquatableArray<KernelChoice> tuned) =>
        Scheduler.Schedule(plan, shapes, arch, tuned).Kernels.Select(KernelRenderer.Render);
}
