using System.Text.Json;
using System.Text.Json.Serialization;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Benchmarking;

/// <summary>Results as JSON files.</summary>
public static class ResultsFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        IgnoreReadOnlyProperties = true, // what is computed from the others
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelCompilerException">It does not hold results, or those of another version.</exception>
    public static BenchmarkResults Read(string path) => Parse(File.ReadAllText(path), path);

    /// <summary>Reads results from text.</summary>
    /// <param name="text">A JSON document.</param>
    /// <param name="path">Name in messages.</param>
    /// <exception cref="ModelCompilerException">It does not hold results, or those of another version.</exception>
    public static BenchmarkResults Parse(string text, string path)
    {
        try
        {
            BenchmarkResults results = JsonSerializer.Deserialize<BenchmarkResults>(text, Format)
                ?? throw new ModelCompilerException($"{path}: expected benchmark results, found null.");
            return results.Schema == BenchmarkResults.CurrentSchema
                ? results
                : throw new ModelCompilerException($"{path}: expected schema '{BenchmarkResults.CurrentSchema}', found '{results.Schema}'.");
        }
        catch (JsonException exception)
        {
            throw new ModelCompilerException($"{path}: expected benchmark results, found something else: {exception.Message}", exception);
        }
    }

    /// <summary>The JSON document, with a line end behind it.</summary>
    public static string ToText(BenchmarkResults results) => JsonSerializer.Serialize(results, Format) + "\n";

    /// <summary>Writes a file.</summary>
    public static void Write(string path, BenchmarkResults results) => File.WriteAllText(path, ToText(results));
}
