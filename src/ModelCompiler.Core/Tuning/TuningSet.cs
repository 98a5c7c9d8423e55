using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

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

    /// <summary>What the databases say about the kernels of every target of a plan.</summary>
    public static EquatableArray<KernelChoice> Choose(
        ExecutionPlan plan, ShapeSet shapes, IEnumerable<GpuArch> targets, IEnumerable<TuningFile> files) =>
        targets.SelectMany(arch => For(arch, files) is { } file ? TunedKernels.Choose(plan, shapes, arch, file.Database).Choices : default)
            .ToEquatableArray();

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
