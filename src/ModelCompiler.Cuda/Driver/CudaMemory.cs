namespace ModelCompiler.Cuda.Driver;

/// <summary>An allocation in device memory.</summary>
public sealed class DeviceMemory : IDisposable
{
    private readonly CudaHandle _handle;

    internal DeviceMemory(CudaHandle handle, long bytes)
    {
        _handle = handle;
        Bytes = bytes;
    }

    /// <summary>Device address, a multiple of 256.</summary>
    public ulong Address => (ulong)_handle.Value;

    /// <summary>Size.</summary>
    public long Bytes { get; }

    /// <summary>Frees it. Not while the GPU uses it.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>Page-locked host memory.</summary>
public sealed unsafe class PinnedMemory : IDisposable
{
    private readonly CudaHandle _handle;

    internal PinnedMemory(CudaHandle handle, long bytes)
    {
        _handle = handle;
        Bytes = bytes;
    }

    /// <summary>First byte.</summary>
    public byte* Pointer => (byte*)_handle.Value;

    /// <summary>Size.</summary>
    public long Bytes { get; }

    /// <summary>Frees it. Not while the GPU uses it.</summary>
    public void Dispose() => _handle.Dispose();
}
