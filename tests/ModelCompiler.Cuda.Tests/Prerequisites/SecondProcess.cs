using System.Diagnostics;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Cuda.Tests.Prerequisites;

/// <summary>
/// Entry point of this assembly when it is run as a program. <c>load</c> prints the library that is found, or the error;
/// <c>compile FOLDER</c> compiles the shared kernels with that folder as its cache and prints their origins and hashes.
/// </summary>
internal static class SecondProcess
{
    public static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["load"]:
                try
                {
                    NvrtcCompiler compiler = NvrtcCompiler.Load();
                    NvrtcCompilation probe = compiler.Compile(
                        "probe.cu", "extern \"C\" __global__ void probe() {}", [], CompileOptions.Default.ToArguments(GpuArch.Sm80));
                    Console.WriteLine($"{compiler.Location} compiles: {probe.Cubin is not null}");
                    return 0;
                }
                catch (NvrtcNotFoundException exception)
                {
                    Console.WriteLine(exception.Message);
                    return 1;
                }

            case ["compile", string folder]:
                var kernels = new KernelCompiler(cache: CubinCache.At(folder));
                foreach (KernelOutcome outcome in await kernels.CompileAllAsync(SampleKernels.Several(6), threads: 2))
                {
                    var ready = (KernelOutcome.Ready)outcome;
                    Console.WriteLine($"{ready.Kernel.Key} {ready.Damage ?? "whole"}");
                }

                return 0;

            default:
                await Console.Error.WriteLineAsync("usage: load | compile FOLDER");
                return 2;
        }
    }

    /// <summary>Starts this assembly as a program.</summary>
    public static Process Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(typeof(SecondProcess).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string? value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
