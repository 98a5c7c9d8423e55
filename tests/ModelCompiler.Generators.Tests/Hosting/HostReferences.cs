using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generators.Tests.Hosting;

/// <summary>What a user's project references: the framework and the compiler's own assemblies.</summary>
internal static class HostReferences
{
    public static ImmutableArray<MetadataReference> Framework { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "mscorlib.dll"))
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    public static MetadataReference Attributes { get; } = MetadataReference.CreateFromFile(typeof(EncoderAttribute).Assembly.Location);

    public static MetadataReference Core { get; } = MetadataReference.CreateFromFile(typeof(Core.Spec.EncoderModel).Assembly.Location);

    public static MetadataReference Runtime { get; } = MetadataReference.CreateFromFile(typeof(ModelCompiler.Runtime.EncoderSession).Assembly.Location);

    public static ImmutableArray<MetadataReference> All { get; } = [.. Framework, Attributes, Core, Runtime];
}
