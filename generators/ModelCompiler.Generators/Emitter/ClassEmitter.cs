using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Core;

namespace ModelCompiler.Generators.Emitter;

/// <summary>Writes the files of one class. A pure function: equal classes give equal files.</summary>
internal static class ClassEmitter
{
    /// <summary>Typed class, descriptor, and the kernels of each target.</summary>
    /// <param name="encoder">The class.</param>
    /// <param name="hintName">First part of the files' names.</param>
    /// <param name="cancellation">Stops between files.</param>
    public static EquatableArray<GeneratedFile> Emit(EncoderClass encoder, string hintName, CancellationToken cancellation)
    {
        EncoderDeclaration declaration = encoder.Declaration;
        ExecutionPlan plan = Planner.Plan(declaration.Model, declaration.Scheme);
        var files = new List<GeneratedFile>
        {
            File("", CSharpTemplates.Encoder, new EncoderView(encoder)),
            File(".Descriptor", CSharpTemplates.Descriptor, new DescriptorView(encoder, plan)),
        };
        foreach (GpuArch arch in declaration.Targets)
        {
            cancellation.ThrowIfCancellationRequested();
            files.Add(File($".Kernels.{arch}", CSharpTemplates.Kernels, new KernelsView(encoder, arch, KernelSources.Render(encoder, arch))));
        }

        return files.ToEquatableArray();

        GeneratedFile File(string suffix, TextTemplate template, object view) =>
            new($"{hintName}{suffix}.g.cs", CSharpText.Finish(template.Render(view)));
    }
}
