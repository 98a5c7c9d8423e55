using System.Collections.Immutable;
using System.Text;

namespace ModelCompiler.Cuda.Driver;

/// <summary>A call of the driver API failed. Derived types are failures that a caller can do something about.</summary>
public class CudaException : Exception
{
    internal CudaException(CudaResult code, string message)
        : base(message) => Code = code;

    /// <summary>The driver's result.</summary>
    public CudaResult Code { get; }

    /// <summary>
    /// True where the context is lost: every later call on this device fails alike until the process ends. What is in
    /// device memory cannot be read any more.
    /// </summary>
    public bool IsSticky => Code is CudaResult.EccUncorrectable or CudaResult.IllegalAddress or CudaResult.LaunchTimeout
        or >= CudaResult.Assert and <= CudaResult.LaunchFailed or CudaResult.Unknown;

    /// <summary>Throws what fits a result that is not a success.</summary>
    /// <param name="result">The driver's result.</param>
    /// <param name="what">What was being done, such as 'cuMemAlloc of 12 MiB'.</param>
    internal static void ThrowOn(CudaResult result, string what)
    {
        if (result != CudaResult.Success)
            throw From(result, what);
    }

    internal static unsafe CudaException From(CudaResult result, string what)
    {
        string name = CudaNative.cuGetErrorName(result, out byte* n) == CudaResult.Success && n != null ? Text(n) : $"error {(int)result}";
        string text = CudaNative.cuGetErrorString(result, out byte* t) == CudaResult.Success && t != null ? Text(t) : "no text";
        string message = $"{what}: {name} ({text}).";
        var failure = new CudaException(result, message);
        return result switch
        {
            CudaResult.OutOfMemory => new CudaOutOfMemoryException(message),
            CudaResult.NoDevice or CudaResult.InvalidDevice => new CudaDeviceNotFoundException(result, message),
            CudaResult.InvalidImage or CudaResult.NoBinaryForGpu or CudaResult.InvalidPtx or CudaResult.UnsupportedPtxVersion
                or CudaResult.InvalidSource => new CudaImageException(result, message),
            _ when failure.IsSticky => new CudaException(
                result, message + " The context is lost: end the process, or run with compute-sanitizer to find the access."),
            _ => failure,
        };
    }

    private static unsafe string Text(byte* text) => System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)text) ?? "";
}

/// <summary>There is no such GPU in this machine, or none at all.</summary>
public sealed class CudaDeviceNotFoundException : CudaException
{
    internal CudaDeviceNotFoundException(CudaResult code, string message)
        : base(code, message)
    {
    }
}

/// <summary>Device memory does not suffice.</summary>
public sealed class CudaOutOfMemoryException : CudaException
{
    internal CudaOutOfMemoryException(string message)
        : base(CudaResult.OutOfMemory, message)
    {
    }
}

/// <summary>A kernel image is damaged, or for another architecture than the GPU's.</summary>
public sealed class CudaImageException : CudaException
{
    internal CudaImageException(CudaResult code, string message)
        : base(code, message)
    {
    }
}

/// <summary>The driver is older than what this library calls.</summary>
public sealed class CudaDriverTooOldException : CudaException
{
    internal CudaDriverTooOldException(int found, int needed)
        : base(CudaResult.SystemDriverMismatch, $"NVIDIA driver: expected one for CUDA {Text(needed)} or later, found {Text(found)}. Install a newer driver.")
    {
    }

    private static string Text(int version) => $"{version / 1000}.{version % 1000 / 10}";
}

/// <summary>NVIDIA's driver library is not on this machine. The message lists every name and path that was tried.</summary>
public sealed class CudaDriverNotFoundException : CudaException
{
    internal CudaDriverNotFoundException(ImmutableArray<(string Place, string Outcome)> probes)
        : base(CudaResult.NoDevice, Describe(probes)) => Probes = probes;

    /// <summary>What was tried, in order, and why it did not serve.</summary>
    public ImmutableArray<(string Place, string Outcome)> Probes { get; }

    private static string Describe(ImmutableArray<(string Place, string Outcome)> probes)
    {
        var text = new StringBuilder("NVIDIA's driver library was not found. Tried, in order:");
        foreach ((string place, string outcome) in probes)
            text.Append("\n  ").Append(place).Append(": ").Append(outcome);
        text.Append("\nInstall NVIDIA's driver, or set ").Append(CudaLibrary.Variable).Append(" to the library. Device.Cpu runs without one.");
        return text.ToString();
    }
}
