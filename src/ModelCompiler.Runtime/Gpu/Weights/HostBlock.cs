using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>Zeroed host memory of any size, outside the collector's heap.</summary>
internal sealed unsafe class HostBlock : IDisposable
{
    private byte* _pointer;

    public HostBlock(long bytes)
    {
        Bytes = bytes;
        _pointer = (byte*)NativeMemory.AllocZeroed(checked((nuint)bytes));
    }

    ~HostBlock() => NativeMemory.Free(_pointer);

    public long Bytes { get; }

    public byte* Pointer => _pointer != null ? _pointer : throw new ObjectDisposedException(nameof(HostBlock));

    /// <summary>Part of the block as values.</summary>
    public Span<T> Span<T>(long offset, int count)
        where T : unmanaged
    {
        if (offset < 0 || offset + (long)count * sizeof(T) > Bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{count} values of {sizeof(T)} bytes lie outside of {Bytes} bytes.");
        return new(Pointer + offset, count);
    }

    public void Dispose()
    {
        NativeMemory.Free(_pointer);
        _pointer = null;
        GC.SuppressFinalize(this);
    }
}
