using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace ModelCompiler.Cuda.Tests.Native;

/// <summary>
/// A C++ program of <c>native/tests</c> that runs kernels on the emulated device. It is built into the test's output folder,
/// under a name that covers the command and the text of all kernels and checks, so that unchanged sources are built once.
/// </summary>
/// <param name="Source">File in <c>native/tests</c>.</param>
/// <param name="Definitions">Arguments such as <c>-DMC_PART=0</c>.</param>
internal sealed record EmulationProgram(string Source, params string[] Definitions)
{
    public const string Compiler = "g++";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private static readonly string s_native = Path.Combine(RepositoryRoot(), "native");

    // -Og: the shortest sum of building and running. _FORTIFY_SOURCE refuses to jump between the stacks of fibers.
    private static readonly string[] s_options =
        ["-std=c++20", "-Og", "-ffp-contract=off", "-U_FORTIFY_SOURCE", "-Wno-unknown-pragmas"];

    /// <summary>Builds the program if need be and runs it.</summary>
    public async Task<(int Status, string Output)> RunAsync()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "native-emulation");
        Directory.CreateDirectory(folder);
        string program = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(Source)}-{Key()}");
        if (!File.Exists(program))
        {
            string aside = $"{program}.{Environment.ProcessId}";
            (int status, string output) = await StartAsync(Compiler, [.. Arguments(), "-o", aside]);
            if (status != 0)
                throw new InvalidOperationException($"{Compiler} {string.Join(' ', Arguments())} ends with status {status}:\n{output}");
            File.Move(aside, program, overwrite: true);
        }

        return await StartAsync(program, []);
    }

    private IEnumerable<string> Arguments() =>
    [
        .. s_options, .. Definitions,
        "-I", Path.Combine(s_native, "tests", "emulation"), "-I", Path.Combine(s_native, "tests"), "-I", Path.Combine(s_native, "include"),
        Path.Combine(s_native, "tests", Source),
    ];

    private string Key()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\0', Arguments())));
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(s_native, "include"), "*.*", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(Path.Combine(s_native, "tests"), "*.*", SearchOption.AllDirectories)];
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static async Task<(int Status, string Output)> StartAsync(string file, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{file} was still running after {s_limit.TotalMinutes} minutes; it printed:\n{await output}{await errors}");
        }

        return (process.ExitCode, await output + await errors);
    }

    private static string RepositoryRoot([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
