using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Loading;

/// <summary>Reads tuning databases that a command line names.</summary>
internal static class TuningDatabaseFile
{
    /// <summary>Reads a database.</summary>
    /// <exception cref="TuningVersionException">Another version of the compiler wrote it.</exception>
    /// <exception cref="ModelCompilerException">There is none, or it cannot be read.</exception>
    public static TuningDatabase Read(string path)
    {
        if (!File.Exists(path))
            throw new ModelCompilerException($"{path}: expected a tuning database, found no such file.");
        TuningDatabaseResult result = TuningDatabase.Parse(File.ReadAllText(path));
        if (result.OtherVersion is { } version)
            throw new TuningVersionException(path, version);
        return result.Database ?? throw new ModelCompilerException($"{path}: {string.Join("; ", result.Errors)}");
    }
}

/// <summary>A tuning database of another schema version, whose words may mean other things.</summary>
/// <param name="path">The file.</param>
/// <param name="found">Its version.</param>
public sealed class TuningVersionException(string path, int found) : ModelCompilerException(
    $"{path}: expected a tuning database of schema version {TuningDatabase.SchemaVersion}, found version {found}. Delete it, or name another file, and run 'modelc tune'.")
{
    /// <summary>Version of the file.</summary>
    public int Found { get; } = found;
}
