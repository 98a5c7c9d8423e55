using ModelCompiler.Core;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Parser;

/// <summary>What tuning databases say about a class, and what a person should know about that.</summary>
/// <param name="Kernels">Kernels to take instead of the rules' choice.</param>
/// <param name="Strategies">Buckets that run in other precisions than the declared ones.</param>
/// <param name="Notes">Warnings and notes.</param>
internal sealed record TuningCheck(
    EquatableArray<KernelChoice> Kernels, EquatableArray<BucketScheme> Strategies, EquatableArray<SpecError> Notes)
{
    /// <summary>Asks the databases about every target of a declaration.</summary>
    public static TuningCheck Of(EncoderDeclaration declaration, EquatableArray<TuningFile> files)
    {
        List<KernelChoice> kernels = [];
        List<BucketScheme> strategies = [];
        List<SpecError> notes = [];
        for (int i = 0; i < declaration.Targets.Count; i++)
        {
            GpuArch arch = declaration.Targets[i];
            if (TuningSet.For(arch, files) is not { } file)
                continue;
            if (files.FirstOrDefault(f => f != file && f.Database.Stamp.ComputeCapability == arch.ComputeCapability()) is { } second)
                notes.Add(Note(TuningRules.SeveralDatabases, i, FileName(file), FileName(second), arch.Name()));
            (TunedKernels tuned, EquatableArray<BucketScheme> faster) = TuningSet.Choose(declaration, arch, file.Database);
            kernels.AddRange(tuned.Choices);
            strategies.AddRange(faster);
            notes.AddRange(tuned.Unknown.Select(unknown => Note(
                TuningRules.CandidateUnknown, i, FileName(file), unknown.Candidate, unknown.Work, Core.Spec.Invariant.Text(unknown.Tokens))));
        }

        foreach (TuningStamp stamp in files.Select(f => f.Database.Stamp))
        {
            if (declaration.Targets.All(t => t.ComputeCapability() != stamp.ComputeCapability))
                notes.Add(Note(TuningRules.OtherChip, -1, FileName(files.First(f => f.Database.Stamp == stamp)), stamp.Gpu, stamp.ComputeCapability));
        }

        return new(kernels.ToEquatableArray(), strategies.ToEquatableArray(), notes.ToEquatableArray());
    }

    private static SpecError Note(SpecRule rule, int target, params string[] arguments) => new(rule, SpecPlace.Target(target), new(arguments));

    private static string FileName(TuningFile file) => file.Path.Substring(file.Path.LastIndexOfAny(['/', '\\']) + 1);
}
