using System.CommandLine;
using ModelCompiler.Core;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Loading;

/// <summary>The option <c>--tuning</c>: a tuning database for a model that no class was generated for.</summary>
public sealed class TuningOption
{
    private readonly Option<string?> _file = new("--tuning") { Description = "Tuning database of 'modelc tune'; one that ships with the compiler by default." };

    private readonly Option<bool> _strategy = new("--strategy")
    {
        Description = "Runs each bucket in the fastest precisions that the database knows and that lose no accuracy.",
    };

    private TuningOption()
    {
    }

    /// <summary>Adds the options to a command.</summary>
    public static TuningOption AddTo(Command command)
    {
        var option = new TuningOption();
        command.Options.Add(option._file);
        command.Options.Add(option._strategy);
        return option;
    }

    /// <summary>True where buckets run in measured precisions.</summary>
    public bool HasStrategy(ParseResult parsed) => parsed.GetValue(_strategy);

    /// <summary>The database, where one is named and its times mean something on the GPU; says what is amiss with it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="gpu">The GPU that the model runs on; null on the CPU.</param>
    /// <param name="messages">Receives notes and warnings.</param>
    /// <exception cref="ModelCompilerException">The file cannot be read.</exception>
    public EquatableArray<TuningFile> Read(ParseResult parsed, CudaDeviceInfo? gpu, TextWriter messages) =>
        parsed.GetValue(_file) is { } path ? Read(path, gpu is null ? null : HostOf(gpu), messages) : default;

    /// <summary>Reads a database and grades it for where it is to be used.</summary>
    internal static EquatableArray<TuningFile> Read(string path, TuningHost? host, TextWriter messages)
    {
        TuningDatabase database = TuningDatabaseFile.Read(path);
        EquatableArray<TuningMismatch> mismatches = host is null ? default : database.Stamp.MismatchesWith(host);
        if (mismatches.Where(m => m.Grade == TuningGrade.Ignore).ToArray() is { Length: > 0 } grave)
        {
            messages.WriteLine($"note: {path} was measured on another chip and is left aside: {string.Join("; ", grave.Select(m => m.ToString()))}.");
            return default;
        }

        if (mismatches.Count > 0)
            messages.WriteLine($"warning: {path} was measured with other software: {string.Join("; ", mismatches.Select(m => m.ToString()))}. 'modelc tune' may find better kernels.");
        if (database.StaleNote is { } note)
            messages.WriteLine($"warning: {path}: {note.Stale} of {note.All} measurements are left aside, because kernels have changed since: {note.Kinds}. 'modelc tune' measures them again.");
        return new(new TuningFile(path, database));
    }

    private static TuningHost HostOf(CudaDeviceInfo gpu) => new(
        $"{gpu.Major}.{gpu.Minor}", gpu.Multiprocessors, gpu.DriverText, CompilerVersion());

    /// <summary>Version of NVRTC; null where there is none, because kernels may have been compiled elsewhere.</summary>
    private static string? CompilerVersion()
    {
        try
        {
            return NvrtcCompiler.Load().Version.ToString();
        }
        catch (NvrtcNotFoundException)
        {
            return null;
        }
    }
}
