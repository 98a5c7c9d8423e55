using ModelCompiler.Core;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime;

/// <summary>The class has no kernels that this GPU runs.</summary>
public sealed class GpuArchitectureException : ModelCompilerException
{
    internal GpuArchitectureException(string name, IEnumerable<GpuArch> targets, CudaDeviceInfo gpu)
        : base($"{name}: expected a GPU of {string.Join(", ", targets.Select(t => t.Name()))}, the class's [Targets], found {gpu}. "
            + "Add the GPU's architecture to [Targets] and build again.") => Gpu = gpu;

    /// <summary>The GPU.</summary>
    public CudaDeviceInfo Gpu { get; }
}

/// <summary>Device memory does not suffice for a session. The message is a table of what it needs.</summary>
public sealed class GpuMemoryException : ModelCompilerException
{
    internal GpuMemoryException(string message, long needed, long free, Exception? inner = null)
        : base(message, inner) => (Needed, Free) = (needed, free);

    /// <summary>Bytes that the session needs.</summary>
    public long Needed { get; }

    /// <summary>Bytes that were free.</summary>
    public long Free { get; }
}
