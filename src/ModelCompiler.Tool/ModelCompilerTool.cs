using System.CommandLine;
using System.Runtime.InteropServices;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Commands;
using ModelCompiler.Tool.Training;

namespace ModelCompiler.Tool;

/// <summary>The <c>modelc</c> command line. Exit codes: 0 done, 1 the input is wrong, 2 the command line is wrong.</summary>
public static class ModelCompilerTool
{
    /// <summary>All done.</summary>
    public const int Success = 0;

    /// <summary>A file, a folder or a model is not what the command needs; the message says what and where.</summary>
    public const int UserError = 1;

    /// <summary>The command line does not parse.</summary>
    public const int UsageError = 2;

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">Command line without the program's name.</param>
    /// <param name="channels">Where results and messages go.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments, TextChannels channels)
    {
        var root = new RootCommand("Compiles, inspects, trains, quantizes, evaluates, measures, tunes and verifies transformer encoders.")
        {
            InspectCommand.Create(channels),
            CompileCommand.Create(channels),
            QuantizeCommand.Create(channels),
            EvaluateCommand.Create(channels),
            BenchCommand.Create(channels),
            ReportCommand.Create(channels),
            TuneCommand.Create(channels),
            VerifyCommand.Create(channels),
            TrainCommand.Create(channels),
        };
        ParseResult parsed = root.Parse(arguments);
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = channels.Results,
            Error = channels.Messages,
        };
        if (parsed.Errors.Count > 0)
        {
            parsed.Invoke(configuration);
            return UsageError;
        }

        try
        {
            return parsed.Invoke(configuration);
        }
        catch (Exception e) when (e is ModelCompilerException or CudaException or NvrtcNotFoundException or IOException or UnauthorizedAccessException
            or BadImageFormatException or DllNotFoundException or ExternalException) // the last two: libtorch's bridge
        {
            channels.Messages.WriteLine($"modelc: {e.Message}");
            return UserError;
        }
    }
}
