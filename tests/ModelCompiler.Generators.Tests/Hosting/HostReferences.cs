using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

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

    public static MetadataReference Runtime { get; } = CompileContract();

    public static ImmutableArray<MetadataReference> All { get; } = [.. Framework, Attributes, Core, Runtime];

    private static MetadataReference CompileContract()
    {
        string[] sources =
        [
            Repository.Read("src", "ModelCompiler.Runtime", "EncoderDescriptor.cs"),
            Repository.Read("src", "ModelCompiler.Runtime", "IGeneratedEncoder.cs"),
            """
            global using System;
            global using System.Collections.Generic;
            namespace ModelCompiler.Runtime;
            public sealed class EncoderOptions;
            public sealed record Classification(string Label);
            public sealed record TokenClassification(string Label);
            public sealed class EncoderSession : IDisposable
            {
                public static EncoderSession Load(EncoderDescriptor descriptor, string folder, EncoderOptions? options = null) => new();
                public void Forward(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> sequenceLengths, Span<float> output) { }
                public void Forward(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> types, ReadOnlySpan<int> sequenceLengths, Span<float> output) { }
                public void Forward(ReadOnlySpan<int> tokenIds, ReadOnlySpan<int> types, ReadOnlySpan<int> sequenceLengths, Span<float> output, Span<float> hidden) { }
                public Classification[] Classify(IReadOnlyList<string> texts) => [];
                public Classification[] Classify(IReadOnlyList<(string First, string Second)> pairs) => [];
                public TokenClassification[][] ClassifyTokens(IReadOnlyList<string> texts) => [];
                public float[][] Embed(IReadOnlyList<string> texts) => [];
                public void Dispose() { }
            }
            """,
        ];
        var compilation = CSharpCompilation.Create(
            "ModelCompiler.Runtime", sources.Select(s => CSharpSyntaxTree.ParseText(s)), [.. Framework, Attributes, Core],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var stream = new MemoryStream();
        var emitted = compilation.Emit(stream);
        emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
        return MetadataReference.CreateFromImage(stream.ToArray());
    }
}
