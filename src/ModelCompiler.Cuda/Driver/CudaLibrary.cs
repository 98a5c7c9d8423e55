using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ModelCompiler.Cuda.Driver;

/// <summary>The driver's library of this process: found once, initialised, kept for good.</summary>
internal static class CudaLibrary
{
    /// <summary>Names the library; nothing else is tried where it is set.</summary>
    public const string Variable = "MODELCOMPILER_CUDA_DRIVER";

    /// <summary>CUDA 12.0: the first with cuLaunchKernelEx, clusters and programmatic launches in graphs.</summary>
    public const int OldestVersion = 12000;

    private static readonly Lazy<nint> Opened = new(() => Open(Candidates(Environment.GetEnvironmentVariable(Variable), OperatingSystem.IsWindows())));
    private static readonly Lazy<int> Initialised = new(Initialise);

    /// <summary>The library.</summary>
    /// <exception cref="CudaDriverNotFoundException">It is nowhere.</exception>
    public static nint Handle => Opened.Value;

    /// <summary>Version of the driver, 1000 · major + 10 · minor; initialises the driver first.</summary>
    /// <exception cref="CudaException">There is no driver, it is too old, or it finds no GPU.</exception>
    public static int Version => Initialised.Value;

    /// <summary>What is tried, in order.</summary>
    public static ImmutableArray<string> Candidates(string? chosen, bool isWindows) =>
        !string.IsNullOrEmpty(chosen) ? [chosen]
        : isWindows ? ["nvcuda.dll"]
        : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.1", "/usr/lib/aarch64-linux-gnu/libcuda.so.1"];

    /// <summary>Opens the first candidate that is the driver.</summary>
    /// <exception cref="CudaDriverNotFoundException">None is.</exception>
    public static nint Open(ImmutableArray<string> candidates)
    {
        var probes = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (string candidate in candidates)
        {
            try
            {
                nint handle = NativeLibrary.Load(candidate);
                if (NativeLibrary.TryGetExport(handle, "cuLaunchKernelEx", out _))
                    return handle;
                probes.Add((candidate, NativeLibrary.TryGetExport(handle, "cuInit", out _)
                    ? "is a driver for CUDA 11 or earlier; CUDA 12.0 or later is needed"
                    : "is not NVIDIA's driver: it lacks cuInit"));
                NativeLibrary.Free(handle);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                probes.Add((candidate, File.Exists(candidate) ? exception.Message.ReplaceLineEndings(" ").Trim() : "no such library"));
            }
        }

        throw new CudaDriverNotFoundException(probes.ToImmutable());
    }

    private static int Initialise()
    {
        CudaException.ThrowOn(CudaNative.cuInit(0), "cuInit");
        CudaException.ThrowOn(CudaNative.cuDriverGetVersion(out int version), "cuDriverGetVersion");
        return version >= OldestVersion ? version : throw new CudaDriverTooOldException(version, OldestVersion);
    }
}
