using System.Runtime.InteropServices;
using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Driver;

/// <summary>What a GPU is.</summary>
/// <param name="Ordinal">Number among the GPUs that the driver shows.</param>
/// <param name="Name">Product name.</param>
/// <param name="Major">Compute capability.</param>
/// <param name="Minor">Compute capability.</param>
/// <param name="DriverVersion">CUDA version of the driver, 1000 · major + 10 · minor.</param>
/// <param name="TotalMemory">Bytes.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="MaxSharedBytes">Most shared memory of a block.</param>
/// <param name="L2Bytes">Second-level cache.</param>
public sealed record CudaDeviceInfo(
    int Ordinal, string Name, int Major, int Minor, int DriverVersion, long TotalMemory, int Multiprocessors, int MaxSharedBytes, int L2Bytes)
{
    /// <summary>
    /// The architecture whose machine code the GPU runs: its own generation, at most its own minor version;
    /// <c>sm_90a</c> only on 9.0 itself.
    /// </summary>
    /// <param name="offered">Architectures to choose from.</param>
    public GpuArch? Choose(IEnumerable<GpuArch> offered)
    {
        GpuArch? best = null;
        foreach (GpuArch arch in offered)
        {
            (int major, int minor) = arch switch
            {
                GpuArch.Sm80 => (8, 0),
                GpuArch.Sm86 => (8, 6),
                GpuArch.Sm89 => (8, 9),
                GpuArch.Sm90a => (9, 0),
                _ => throw new ArgumentOutOfRangeException(nameof(offered), arch, "Unknown architecture."),
            };
            bool runs = Major == major && (arch == GpuArch.Sm90a ? Minor == minor : Minor >= minor);
            if (runs && (best is null || arch > best))
                best = arch;
        }

        return best;
    }

    /// <summary>CUDA version of the driver as people write it.</summary>
    public string DriverText => $"{DriverVersion / 1000}.{DriverVersion % 1000 / 10}";

    /// <inheritdoc/>
    public override string ToString() => $"{Name} (cuda:{Ordinal}, compute capability {Major}.{Minor}, {TotalMemory >> 20} MiB, driver for CUDA {DriverText})";
}

/// <summary>A GPU of this process. What is made from it keeps it alive; disposing of it twice is harmless.</summary>
public sealed unsafe class CudaContext : ITensorMaps, IDisposable
{
    private readonly ContextHandle _handle;

    private CudaContext(ContextHandle handle, CudaDeviceInfo info)
    {
        _handle = handle;
        Info = info;
    }

    /// <summary>What the GPU is.</summary>
    public CudaDeviceInfo Info { get; }

    internal ContextHandle Handle => _handle;

    /// <summary>GPUs that the driver shows.</summary>
    /// <exception cref="CudaException">There is no driver, or it is too old.</exception>
    public static int DeviceCount()
    {
        _ = CudaLibrary.Version;
        CudaException.ThrowOn(CudaNative.cuDeviceGetCount(out int count), "cuDeviceGetCount");
        return count;
    }

    /// <summary>Opens a GPU by its number.</summary>
    /// <exception cref="CudaDriverNotFoundException">No driver is on this machine.</exception>
    /// <exception cref="CudaDeviceNotFoundException">There is no such GPU.</exception>
    public static CudaContext Open(int ordinal)
    {
        int version = CudaLibrary.Version, count = DeviceCount();
        if (ordinal < 0 || ordinal >= count)
        {
            throw new CudaDeviceNotFoundException(
                CudaResult.InvalidDevice, $"GPU: expected cuda:0 to cuda:{count - 1}, the {count} that the driver shows, found cuda:{ordinal}.");
        }

        CudaException.ThrowOn(CudaNative.cuDeviceGet(out int device, ordinal), $"cuDeviceGet of {ordinal}");
        ContextHandle handle = ContextHandle.Retain(device);
        try
        {
            return new(handle, Describe(ordinal, device, version));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Free and total device memory in bytes, of all processes.</summary>
    public (long Free, long Total) Memory()
    {
        using (_handle.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuMemGetInfo(out nuint free, out nuint total), "cuMemGetInfo");
            return ((long)free, (long)total);
        }
    }

    /// <summary>Loads a cubin, or PTX text that ends in a zero byte.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">What it holds, for messages.</param>
    /// <exception cref="CudaImageException">The image is damaged, or for another architecture.</exception>
    public CudaModule LoadModule(ReadOnlySpan<byte> image, string name)
    {
        using (_handle.Enter())
        {
            fixed (byte* data = image)
            {
                CudaException.ThrowOn(CudaNative.cuModuleLoadData(out nint module, data), $"Loading {name} on {Info}");
                return new(_handle, new(_handle, module, CudaNative.cuModuleUnload), name);
            }
        }
    }

    /// <summary>Device memory, aligned to 256 bytes. Its content is arbitrary.</summary>
    /// <exception cref="CudaOutOfMemoryException">There is not so much.</exception>
    public DeviceMemory Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        using (_handle.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuMemAlloc(out nint address, (nuint)bytes), $"Allocating {bytes} bytes on {Info}");
            return new(new(_handle, address, CudaNative.cuMemFree), bytes);
        }
    }

    /// <summary>Page-locked host memory that the GPU copies from and to without a detour.</summary>
    public PinnedMemory AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        using (_handle.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuMemHostAlloc(out nint pointer, (nuint)bytes, 0), $"Allocating {bytes} bytes of pinned memory");
            return new(new(_handle, pointer, CudaNative.cuMemFreeHost), bytes);
        }
    }

    /// <inheritdoc/>
    public TensorMap Rows(ulong address, int rows, int rowBytes, int boxRows, int boxBytes = TensorMap.SwizzledBoxBytes)
    {
        const int UInt8 = 0, NoInterleave = 0, NoSwizzle = 0, Swizzle128 = 3, Promote128 = 2, FillZero = 0, MapAlignment = 64;
        byte* room = stackalloc byte[TensorMap.Bytes + MapAlignment];
        var map = (TensorMap*)((nuint)(room + MapAlignment - 1) & ~(nuint)(MapAlignment - 1));
        ulong* sizes = stackalloc ulong[] { (ulong)rowBytes, (ulong)rows };
        ulong stride = (ulong)rowBytes;
        uint* box = stackalloc uint[] { (uint)boxBytes, (uint)boxRows };
        uint* elementStrides = stackalloc uint[] { 1, 1 };
        using (_handle.Enter())
        {
            CudaException.ThrowOn(
                CudaNative.cuTensorMapEncodeTiled(
                    map, UInt8, 2, address, sizes, &stride, box, elementStrides, NoInterleave,
                    boxBytes == TensorMap.SwizzledBoxBytes ? Swizzle128 : NoSwizzle, Promote128, FillZero),
                $"Tensor map of {rows} rows of {rowBytes} bytes in boxes of {boxRows} rows of {boxBytes} bytes");
        }

        return *map;
    }

    /// <summary>A stream that does not wait for the default stream.</summary>
    public CudaStream CreateStream()
    {
        const uint NonBlocking = 1;
        using (_handle.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuStreamCreate(out nint stream, NonBlocking), "cuStreamCreate");
            return new(this, new(_handle, stream, CudaNative.cuStreamDestroy));
        }
    }

    /// <summary>An event.</summary>
    /// <param name="timed">Records times too; costs a little.</param>
    public CudaEvent CreateEvent(bool timed = true)
    {
        const uint DisableTiming = 2;
        using (_handle.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuEventCreate(out nint made, timed ? 0 : DisableTiming), "cuEventCreate");
            return new(_handle, new(_handle, made, CudaNative.cuEventDestroy));
        }
    }

    /// <summary>Gives the context back, once everything that was made from it is gone too.</summary>
    public void Dispose() => _handle.Dispose();

    private static CudaDeviceInfo Describe(int ordinal, int device, int version)
    {
        byte* name = stackalloc byte[256];
        CudaException.ThrowOn(CudaNative.cuDeviceGetName(name, 256, device), "cuDeviceGetName");
        CudaException.ThrowOn(CudaNative.cuDeviceTotalMem(out nuint total, device), "cuDeviceTotalMem");
        int Attribute(CudaDeviceAttribute attribute)
        {
            CudaException.ThrowOn(CudaNative.cuDeviceGetAttribute(out int value, attribute, device), $"cuDeviceGetAttribute of {attribute}");
            return value;
        }

        return new(
            ordinal, Marshal.PtrToStringUTF8((nint)name) ?? "", Attribute(CudaDeviceAttribute.ComputeCapabilityMajor),
            Attribute(CudaDeviceAttribute.ComputeCapabilityMinor), version, (long)total, Attribute(CudaDeviceAttribute.MultiprocessorCount),
            Attribute(CudaDeviceAttribute.MaxSharedMemoryPerBlockOptin), Attribute(CudaDeviceAttribute.L2CacheSize));
    }
}
