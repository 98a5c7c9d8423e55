using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Generators.Emitter;

internal static class KernelSources
{
    public static IEnumerable<RenderedKernel> Render(ExecutionPlan plan, ShapeSet shapes, GpuArch arch) => [];
}
