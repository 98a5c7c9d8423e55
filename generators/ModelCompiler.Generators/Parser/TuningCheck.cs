using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Parser;

/// <summary>What tuning databases say about the kernels of a class, and what a person should know about that.</summary>
internal static class TuningCheck
{
    /// <summary>Kernels to take instead of the rules' choice; notes are added to <paramref name="notes"/>.</summary>
    public static EquatableArray<KernelChoice> Choose(
        EncoderDeclaration declaration, ExecutionPlan plan, EquatableArray<TuningFile> files, List<SpecError> notes)
    {
        var choices = new List<KernelChoice>();
        for (int i = 0; i < declaration.Targets.Count; i++)
        {
            GpuArch arch = declaration.Targets[i];
            if (TuningSet.For(arch, files) is not { } file)
                continue;
            if (files.Where(f => f != file && f.Database.Stamp.ComputeCapability == arch.ComputeCapability()).FirstOrDefault() is { } second)
                notes.Add(Note(TuningRules.SeveralDatabases, i, FileName(file), FileName(second), arch.Name()));
            TunedKernels tuned = TunedKernels.Choose(plan, declaration.Shapes, arch, file.Database);
            choices.AddRange(tuned.Choices);
            foreach (KernelChoice unknown in tuned.Unknown)
            {
                notes.Add(Note(
                    TuningRules.CandidateUnknown, i, FileName(file), unknown.Candidate, unknown.Work, Core.Spec.Invariant.Text(unknown.Tokens)));
            }
        }

        foreach (TuningFile file in files)
        {
            TuningStamp stamp = file.Database.Stamp;
            if (declaration.Targets.All(t => t.ComputeCapability() != stamp.ComputeCapability))
                notes.Add(Note(TuningRules.OtherChip, -1, FileName(file), stamp.Gpu, stamp.ComputeCapability));
        }

        return choices.ToEquatableArray();
    }

    private static SpecError Note(SpecRule rule, int target, params string[] arguments) => new(rule, SpecPlace.Target(target), new(arguments));

    private static string FileName(TuningFile file) => file.Path.Substring(file.Path.LastIndexOfAny(['/', '\\']) + 1);
}
