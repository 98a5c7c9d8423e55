using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generators.Tests.Hosting;

/// <summary>
/// Compares generated files with the ones in <c>Snapshots/</c>, the set of files as well as their text. Set the
/// environment variable MODELCOMPILER_UPDATE_SNAPSHOTS to 1 to write them anew, then read the difference. Plan hash and
/// kernels are left out: they have tests of their own, and C# snapshots should not change with them.
/// </summary>
internal static class Snapshot
{
    public static void Match(string name, GeneratorRunResult result)
    {
        string folder = Repository.PathOf("tests", "ModelCompiler.Generators.Tests", "Snapshots", name);
        Dictionary<string, string> found = result.GeneratedSources.ToDictionary(s => s.HintName, s => WithoutPlan(s.SourceText.ToString()));
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_UPDATE_SNAPSHOTS") == "1")
            Update(folder, found);
        Directory.Exists(folder).ShouldBeTrue($"There is no snapshot '{name}'; set MODELCOMPILER_UPDATE_SNAPSHOTS=1 to write it.");
        Dictionary<string, string> expected = Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f), f => File.ReadAllText(f));
        found.Keys.Order().ShouldBe(expected.Keys.Order());
        foreach ((string file, string text) in expected)
            found[file].ShouldBe(text, $"{name}/{file} differs from its snapshot.");
    }

    /// <summary>Replaces the plan's hash, and every kernel by its shape, one for all of them.</summary>
    private static string WithoutPlan(string text)
    {
        text = Regex.Replace(text, "\"\"\"\n.*?\n\"\"\", \"[0-9a-f]{64}\"", "\"source\", \"hash\"", RegexOptions.Singleline);
        text = Regex.Replace(text, "new\\(\"[a-z0-9_]+\", (\\S+), \"source\"", "new(\"name\", $1, \"source\"");
        text = Regex.Replace(text, "(?<line> +new\\(\"name\", .*\\n)(\\k<line>)+", "${line}");
        return Regex.Replace(text, "\"[0-9a-f]{64}\"", "\"hash\"");
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
