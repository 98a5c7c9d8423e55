using System.ComponentModel;
using System.Diagnostics;

namespace ModelCompiler.Cuda.Tests.Native;

/// <summary>
/// A test that compiles C++ with g++. Without it the test is skipped and counted as such, except where the full suite was asked
/// for (<c>MODELCOMPILER_TEST_FULL=1</c>): there it runs, and fails when the compiler does not start.
/// </summary>
public sealed class HostCompilerFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> s_reason = new(Find);

    public HostCompilerFactAttribute() => Skip = s_reason.Value;

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_TEST_FULL") == "1")
            return null;
        try
        {
            using Process probe = Process.Start(new ProcessStartInfo(EmulationProgram.Compiler, "--version") { RedirectStandardOutput = true })!;
            probe.StandardOutput.ReadToEnd();
            probe.WaitForExit();
            return probe.ExitCode == 0 ? null : $"'{EmulationProgram.Compiler} --version' ends with status {probe.ExitCode}";
        }
        catch (Win32Exception exception)
        {
            return $"no C++ compiler: '{EmulationProgram.Compiler}' does not start ({exception.Message}); install g++ 12 or later";
        }
    }
}
