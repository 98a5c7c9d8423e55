using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>
/// A driver that runs nothing and writes down what is queued (<c>recording_driver.cpp</c>), in the place of NVIDIA's for all of
/// this process: no test of this assembly needs a GPU.
/// </summary>
internal static unsafe class RecordingDriver
{
    private const string Compiler = "g++";

    private static readonly Lazy<nint> s_library = new(Build);

    /// <summary>Why it cannot be built here; null where it can.</summary>
    public static string? Missing { get; } = Probe();

    /// <summary>Takes NVIDIA's place, before the first call of the driver.</summary>
    public static void Install() => _ = s_library.Value;

    /// <summary>Forgets what was queued.</summary>
    public static void Clear() => ((delegate* unmanaged<void>)Export("recording_clear"))();

    /// <summary>What was queued: <c>graph s1 g2</c>, <c>kernel s1 NAME</c>, <c>record s1 e1</c>, <c>wait s1 e1</c>, <c>synchronize s1</c>.</summary>
    public static string[] Read()
    {
        var read = (delegate* unmanaged<byte*, int, int>)Export("recording_read");
        var bytes = new byte[read(null, 0)];
        fixed (byte* target = bytes)
            _ = read(target, bytes.Length);
        return Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Lets a call of a function fail, after so many that do not.</summary>
    public static void Fail(string call, int before = 0)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(call + '\0'))
            ((delegate* unmanaged<byte*, int, void>)Export("recording_fail"))(name, before);
    }

    private static nint Export(string name) => NativeLibrary.GetExport(s_library.Value, name);

    private static nint Build()
    {
        string source = Path.Combine(Session.ModelFixtures.Root, "tests", "ModelCompiler.Runtime.Tests", "Gpu", "recording_driver.cpp");
        string library = Path.Combine(AppContext.BaseDirectory, $"recording_driver.{Environment.ProcessId}.so");
        (int status, string errors) = Run("-std=c++20", "-O1", "-shared", "-fPIC", "-o", library, source);
        if (status != 0)
            throw new InvalidOperationException($"{Compiler} ends with status {status}:\n{errors}");
        Environment.SetEnvironmentVariable("MODELCOMPILER_CUDA_DRIVER", library);
        nint handle = NativeLibrary.Load(library);
        // What is loaded stays so.
        Cuda.Driver.CudaContext.DeviceCount().ShouldBe(1);
        File.Delete(library);
        return handle;
    }

    private static string? Probe()
    {
        if (Environment.GetEnvironmentVariable("MODELCOMPILER_TEST_FULL") == "1")
            return null;
        try
        {
            return Run("--version").Status == 0 ? null : $"'{Compiler} --version' fails";
        }
        catch (Win32Exception exception)
        {
            return $"no C++ compiler: '{Compiler}' does not start ({exception.Message})";
        }
    }

    private static (int Status, string Errors) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Compiler, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, errors);
    }
}

/// <summary>A test on the recording driver; skipped and counted as such where there is no C++ compiler, except in the full suite.</summary>
public sealed class RecordingDriverFactAttribute : FactAttribute
{
    public RecordingDriverFactAttribute() => Skip = RecordingDriver.Missing;
}
