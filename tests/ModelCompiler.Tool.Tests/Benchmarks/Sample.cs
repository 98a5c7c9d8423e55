using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Tests.Benchmarks;

/// <summary>Results with round numbers, of a GPU that does not exist.</summary>
internal static class Sample
{
    public static string Path { get; } = System.IO.Path.Combine(ToolRun.Root, "tests", "ModelCompiler.Tool.Tests", "Benchmarks", "results.json");

    public static BenchmarkResults Results => ResultsFile.Read(Path);
}
