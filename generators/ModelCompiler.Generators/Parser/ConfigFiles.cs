using ModelCompiler.Core;
using ModelCompiler.Core.Spec.Configuration;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Parser;

/// <summary>A configuration file that was read.</summary>
/// <param name="Path">Path of the AdditionalFile.</param>
/// <param name="Result">What is in it.</param>
internal sealed record ConfigFile(string Path, HuggingFaceConfigResult Result)
{
    /// <summary>Parses a file's text; null where the host could not read it.</summary>
    public static ConfigFile Read(string path, string? text) => new(path, text is not null
        ? HuggingFaceConfig.Parse(text)
        : new(null, new(new HuggingFaceConfigError(ConfigErrorKind.InvalidJson, "$", 1, 1, "a readable file", "none"))));
}

/// <summary>The files that a declared path fits: none, one, or several that are equally good.</summary>
/// <param name="Declared">Path as the attribute has it.</param>
/// <param name="Paths">Paths of AdditionalFiles.</param>
/// <param name="Present">All JSON files, relative to the project where they are below it; filled where none fits.</param>
internal sealed record ConfigMatch(string Declared, EquatableArray<string> Paths, EquatableArray<string> Present)
{
    /// <summary>The source of a declaration's configuration.</summary>
    public ConfigSource Resolve(Func<string, ConfigFile?> read) => Paths.Count switch
    {
        0 => new MissingConfig(Present),
        1 => read(Paths[0]) is { } file ? new FoundConfig(file.Result) : new MissingConfig(Present),
        _ => new AmbiguousConfig(Paths),
    };
}

/// <summary>Finds AdditionalFiles by the paths that declarations name. Works on text alone and touches no disk.</summary>
internal static class ConfigPaths
{
    /// <summary>True for files that may be a configuration.</summary>
    public static bool IsCandidate(string path) =>
        path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !TuningDatabase.IsDatabase(path);

    /// <summary>
    /// The files that <paramref name="declared"/> means: the one with that path relative to the project; failing that,
    /// those whose path ends in it.
    /// </summary>
    public static ConfigMatch Match(string declared, string projectDirectory, IEnumerable<string> files)
    {
        string[] all = [.. files.Distinct(StringComparer.Ordinal).OrderBy(f => f, StringComparer.Ordinal)];
        string wanted = Normalize(declared), exact = Normalize(IsRooted(declared) ? declared : projectDirectory + "/" + declared);
        string[] matches = wanted.Length == 0 ? [] : [.. all.Where(f => Normalize(f) == exact)];
        if (matches.Length == 0 && wanted.Length > 0)
            matches = [.. all.Where(f => ("/" + Normalize(f)).EndsWith("/" + wanted, StringComparison.OrdinalIgnoreCase))];
        string root = Normalize(projectDirectory) + "/";
        return new(declared, matches.ToEquatableArray(), matches.Length > 0 ? default : all.Select(f => Relative(Normalize(f), root)).ToEquatableArray());
    }

    private static bool IsRooted(string path) => path.StartsWith("/", StringComparison.Ordinal) || (path.Length > 1 && path[1] == ':');

    private static string Relative(string path, string root) =>
        path.StartsWith(root, StringComparison.Ordinal) ? path.Substring(root.Length) : path;

    /// <summary>Forward slashes, no <c>.</c> and no <c>..</c> that can be resolved, no slash at either end.</summary>
    private static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Replace('\\', '/').Split('/'))
        {
            if (part is "" or ".")
                continue;
            if (part == ".." && parts.Count > 0 && parts[parts.Count - 1] != "..")
                parts.RemoveAt(parts.Count - 1);
            else
                parts.Add(part);
        }

        return string.Join("/", parts);
    }
}
