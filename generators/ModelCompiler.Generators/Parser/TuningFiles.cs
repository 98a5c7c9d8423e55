using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Core;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Generators.Parser;

/// <summary>Tuning databases among the AdditionalFiles: those whose name ends in <c>.tuning.json</c>.</summary>
internal static class TuningFiles
{
    /// <summary>A file's path and content; an error at its start where the host could not read it.</summary>
    public static (string Path, TuningDatabaseResult Result) Read(AdditionalText file, CancellationToken cancellation)
    {
        SourceText? text = file.GetText(cancellation);
        return (file.Path, text is not null
            ? TuningDatabase.Parse(text.ToString())
            : new(null, new(new TuningError("$", 1, 1, "a readable file", "none"))));
    }

    /// <summary>Those without an error, in an order that does not depend on the host's.</summary>
    public static EquatableArray<TuningFile> Readable(IEnumerable<(string Path, TuningDatabaseResult Result)> files) => files
        .Where(f => f.Result.Database is not null)
        .Select(f => new TuningFile(f.Path, f.Result.Database!))
        .OrderBy(f => f.Path, StringComparer.Ordinal)
        .ToEquatableArray();
}
