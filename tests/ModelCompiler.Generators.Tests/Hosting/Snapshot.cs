using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generators.Tests.Hosting;

/// <summary>
/// Compares generated files with the ones in <c>Snapshots/</c>, the set of files as well as their text. Set the
/// environment variable MODELCOMPILER_UPDATE_SNAPSHOTS to 1 to write them anew, then read the difference.
/// </summary>
internal static class Snapshot
{
    public static void Match(string name, GeneratorRunResult result)
    {
        string folder = Repository.PathOf("tests", "ModelCompiler.Generators.Tests", "Snapshots", name);
        Dictionary<string, string> found = result.GeneratedSources.ToDictionary(s => s.HintName, s => s.SourceText.ToString());
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_UPDATE_SNAPSHOTS") == "1")
            Update(folder, found);
        Directory.Exists(folder).ShouldBeTrue($"There is no snapshot '{name}'; set MODELCOMPILER_UPDATE_SNAPSHOTS=1 to write it.");
        Dictionary<string, string> expected = Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f), f => File.ReadAllText(f));
        found.Keys.Order().ShouldBe(expected.Keys.Order());
        foreach ((string file, string text) in expected)
            found[file].ShouldBe(text, $"{name}/{file} differs from its snapshot.");
    }

    private static void Update(string folder, Dictionary<string, string> files)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach ((string file, string text) in files)
            File.WriteAllText(Path.Combine(folder, file), text);
    }
}
