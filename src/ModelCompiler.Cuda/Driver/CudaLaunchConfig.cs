using System.Runtime.InteropServices;

namespace ModelCompiler.Cuda.Driver;

/// <summary>CUdevice_attribute, those that are read here.</summary>
internal enum CudaDeviceAttribute
{
    MultiprocessorCount = 16,
    L2CacheSize = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    MaxSharedMemoryPerBlockOptin = 97,
}

/// <summary>CUfunction_attribute, those that are read or set here.</summary>
internal enum CudaFunctionAttribute
{
    LocalSizeBytes = 3,
    NumRegs = 4,
    MaxDynamicSharedSizeBytes = 8,
    PreferredSharedMemoryCarveout = 9,
    NonPortableClusterSizeAllowed = 14,
}

/// <summary>CUlaunchConfig.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CudaLaunchConfig
{
    public uint GridX, GridY, GridZ;
    public uint BlockX, BlockY, BlockZ;
    public uint SharedBytes;
    public nint Stream;
    public CudaLaunchAttribute* Attributes;
    public uint AttributeCount;

    /// <summary>The configuration of a launch.</summary>
    /// <param name="shape">The launch.</param>
    /// <param name="stream">Where it is queued.</param>
    /// <param name="attributes">Room for two attributes, which the configuration points to.</param>
    public static CudaLaunchConfig Of(in LaunchShape shape, nint stream, CudaLaunchAttribute* attributes)
    {
        uint count = 0;
        if (shape.Cluster > 1)
            attributes[count++] = new() { Id = CudaLaunchAttribute.ClusterDimension, X = shape.Cluster, Y = 1, Z = 1 };
        if (shape.Dependent)
            attributes[count++] = new() { Id = CudaLaunchAttribute.ProgrammaticStreamSerialization, X = 1 };
        return new()
        {
            GridX = (uint)shape.GridX, GridY = (uint)shape.GridY, GridZ = 1,
            BlockX = (uint)shape.Threads, BlockY = 1, BlockZ = 1,
            SharedBytes = (uint)shape.SharedBytes, Stream = stream, Attributes = attributes, AttributeCount = count,
        };
    }
}

/// <summary>CUlaunchAttribute: an id, padding to 8 bytes, and a union of 64 bytes of which the first 12 are used here.</summary>
[StructLayout(LayoutKind.Sequential, Size = 72)]
internal struct CudaLaunchAttribute
{
    /// <summary>CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: x, y, z.</summary>
    public const int ClusterDimension = 4;

    /// <summary>CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION: 1 lets the kernel start before the one ahead has ended.</summary>
    public const int ProgrammaticStreamSerialization = 6;

    public int Id;
    private readonly int _padding;
    public int X, Y, Z;
}

/// <summary>How a kernel is launched.</summary>
/// <param name="GridX">Blocks along x.</param>
/// <param name="GridY">Blocks along y.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
/// <param name="Cluster">Blocks of a cluster along x; 1 for none.</param>
/// <param name="Dependent">
/// Programmatic dependent launch: the kernel may start before the one ahead of it has ended, and waits in itself before it
/// touches what that one writes. Compute capability 9.0 and later.
/// </param>
public readonly record struct LaunchShape(int GridX, int GridY, int Threads, int SharedBytes, int Cluster = 1, bool Dependent = false);
