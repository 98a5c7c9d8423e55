using System.Runtime.InteropServices;

namespace ModelCompiler.Conformance.Tests;

/// <summary>A test that needs a CUDA driver. Without one it is skipped and counted as such.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuFactAttribute : FactAttribute
{
    private static readonly string? s_reason = FindDriver();

    public GpuFactAttribute() => Skip = s_reason;

    /// <summary>Whether this machine has a driver.</summary>
    public static bool HasDriver => s_reason is null;

    private static string? FindDriver()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out nint driver))
            return $"No CUDA driver: {name} cannot be loaded.";
        NativeLibrary.Free(driver);
        return null;
    }
}
