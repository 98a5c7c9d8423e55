using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Native memory on a 64-byte boundary, zeroed when allocated, freed by <see cref="Dispose"/> or the finalizer.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed unsafe class AlignedMemory<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;

    /// <summary>Bytes past the end that may be read but not relied on, so that vector loads need no special case.</summary>
    private const nuint Slack = 64;

    private T* _pointer;

    /// <summary>Allocates <paramref name="length"/> elements.</summary>
    public AlignedMemory(int length = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > 0)
            Allocate(length);
    }

    ~AlignedMemory() => Free();

    /// <summary>Elements.</summary>
    public int Length { get; private set; }

    /// <summary>First element; valid while this object is reachable and not disposed.</summary>
    public T* Pointer => _pointer;

    /// <summary>All elements.</summary>
    public Span<T> Span => new(_pointer, Length);

    /// <summary>Makes room for <paramref name="length"/> elements. Contents are lost, and zero, where it grows.</summary>
    public void EnsureLength(int length)
    {
        if (length <= Length)
            return;
        Free();
        Allocate(length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Allocate(int length)
    {
        nuint bytes = (nuint)length * (nuint)sizeof(T) + Slack;
        _pointer = (T*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_pointer, bytes);
        Length = length;
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        Length = 0;
    }
}
