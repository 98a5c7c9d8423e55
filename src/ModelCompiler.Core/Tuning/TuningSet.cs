using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Validation;

namespace ModelCompiler.Core.Tuning;

/// <summary>A database and where it came from.</summary>
/// <param name="Path">Its path, for messages.</param>
/// <param name="Database">The times.</param>
public sealed record TuningFile(string Path, TuningDatabase Database);

/// <summary>The databases that a build has: the user's, and behind them those that ship with the compiler.</summary>
public static class TuningSet
{
    private const string ResourcePrefix = "tuning/";

    private static readonly Lazy<EquatableArray<TuningFile>> s_shipped = new(ReadShipped);

    /// <summary>Databases that ship with the compiler.</summary>
    public static EquatableArray<TuningFile> Shipped => s_shipped.Value;

    /// <summary>The database for a target: the first of the user's that was measured on its compute capability, else one that ships.</summary>
    public static TuningFile? For(GpuArch arch, IEnumerable<TuningFile> files) =>
        files.Concat(Shipped).FirstOrDefault(f => f.Database.Stamp.ComputeCapability == arch.ComputeCapability());

    /// <summary>What the databases say about every target of a declaration.</summary>
    public static (EquatableArray<KernelChoice> Kernels, EquatableArray<BucketScheme> Strategies) Choose(
        EncoderDeclaration declaration, EquatableArray<TuningFile> files)
    {
        List<KernelChoice> kernels = [];
        List<BucketScheme> strategies = [];
        foreach (GpuArch arch in declaration.Targets)
        {
            if (For(arch, files) is not { } file)
                continue;
            (TunedKernels tuned, EquatableArray<BucketScheme> faster) = Choose(declaration, arch, file.Database);
            kernels.AddRange(tuned.Choices);
            strategies.AddRange(faster);
        }

        return (kernels.ToEquatableArray(), strategies.ToEquatableArray());
    }

    /// <summary>What a database says about a target: its buckets' precisions, where the class asks for them, then the kernels of those.</summary>
    public static (TunedKernels Kernels, EquatableArray<BucketScheme> Strategies) Choose(
        EncoderDeclaration declaration, GpuArch arch, TuningDatabase database)
    {
        EquatableArray<BucketScheme> strategies = declaration.HasStrategy
            ? Strategies(declaration.Model, declaration.Scheme, declaration.Shapes, arch, database)
            : default;
        TunedKernels[] groups =
        [
            .. SchemeGroup.Of(declaration.Scheme, declaration.Shapes, arch, strategies).Select(group =>
                TunedKernels.Choose(Planner.Plan(declaration.Model, group.Scheme), group.Shapes, arch, database)),
        ];
        return (new(groups.SelectMany(g => g.Choices).ToEquatableArray(), groups.SelectMany(g => g.Unknown).ToEquatableArray()), strategies);
    }

    /// <summary>Buckets of a target for which a database knows faster precisions than the declared ones.</summary>
    public static EquatableArray<BucketScheme> Strategies(
        EncoderModel model, QuantizationScheme declared, ShapeSet shapes, GpuArch arch, TuningDatabase database) =>
        (from tokens in shapes.TokenBuckets
         let scheme = database.Find(model, declared, tokens)?.SchemeFor(declared)
         where scheme is not null && scheme != declared
         select new BucketScheme(arch, tokens, scheme)).ToEquatableArray();

    private static EquatableArray<TuningFile> ReadShipped()
    {
        var assembly = typeof(TuningSet).Assembly;
        var found = new List<TuningFile>();
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)).OrderBy(n => n, StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            TuningDatabaseResult result = TuningDatabase.Parse(reader.ReadToEnd());
            found.Add(new(name, result.Database ?? throw new InvalidOperationException($"{name}: {string.Join("; ", result.Errors)}")));
        }

        return found.ToEquatableArray();
    }
}
