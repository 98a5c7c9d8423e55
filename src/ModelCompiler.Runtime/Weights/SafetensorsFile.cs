using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Weights;

/// <summary>
/// A safetensors file, memory-mapped. The header is checked in full when the file is opened: names once each, sizes
/// that agree with shapes, ranges that tile the data section without hole or overlap.
/// </summary>
/// <remarks>
/// Reading is thread-safe. Spans point into the mapping: they must not be used after <see cref="Dispose"/>, and the
/// file must not be shortened while it is open.
/// </remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly SafetensorsHeader _header;
    private readonly FrozenDictionary<string, TensorInfo> _byName;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _data;

    private SafetensorsFile(
        string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, SafetensorsHeader header, byte* file)
    {
        Path = path;
        _mapping = mapping;
        _view = view;
        _header = header;
        _byName = header.Tensors.ToFrozenDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        _data = file + header.DataOffset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _header.Tensors;

    /// <summary>The strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="SafetensorsFormatException">The file breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors data is little-endian; this machine is not.");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        long length = stream.Length;
        if (length < SafetensorsHeader.LengthBytes) // an empty file cannot be mapped
            throw new SafetensorsFormatException(path, "file", "at least 8 bytes", $"{length} bytes");
        var mapping = MemoryMappedFile.CreateFromFile(
            stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        MemoryMappedViewAccessor? view = null;
        byte* file = null;
        try
        {
            view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref file);
            int start = (int)Math.Min(length, SafetensorsHeader.LengthBytes + SafetensorsHeader.MaxJsonBytes);
            var header = SafetensorsHeader.Parse(path, new ReadOnlySpan<byte>(file, start), length);
            return new SafetensorsFile(path, mapping, view, header, file);
        }
        catch
        {
            if (file != null)
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            view?.Dispose();
            mapping.Dispose();
            throw;
        }
    }

    /// <summary>Looks a tensor up.</summary>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info) =>
        _byName.TryGetValue(name, out info);

    /// <summary>Looks a tensor up that has to be there.</summary>
    /// <exception cref="TensorMismatchException">There is no tensor of that name.</exception>
    public TensorInfo GetInfo(string name) =>
        _byName.TryGetValue(name, out TensorInfo? info)
            ? info
            : throw new TensorMismatchException(TensorMismatch.Missing, Path, name, "a tensor of that name", "none");

    /// <summary>The bytes of a tensor, in the mapping, at any alignment.</summary>
    /// <exception cref="TensorMismatchException">There is no such tensor, or it is too large for one span.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        TensorInfo info = GetInfo(name);
        if (info.ByteLength > int.MaxValue)
            throw new TensorMismatchException(
                TensorMismatch.Shape, Path, name, "at most 2^31 - 1 bytes for one span", $"{info.ByteLength} bytes");
        return Slice(info, 0, (int)info.ByteLength);
    }

    /// <summary>Part of the bytes of a tensor, for tensors too large for one span.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="offset">First byte, counted from the tensor's own first byte.</param>
    /// <param name="length">Bytes wanted.</param>
    public ReadOnlySpan<byte> Bytes(string name, long offset, int length)
    {
        TensorInfo info = GetInfo(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, info.ByteLength - length);
        return Slice(info, offset, length);
    }

    /// <summary>Converts a tensor of type F32, F16 or BF16 to fp32.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many values as the tensor has elements.</param>
    /// <exception cref="TensorMismatchException">Another type, or another number of elements.</exception>
    public void CopyTo(string name, Span<float> destination)
    {
        RequireCount(GetInfo(name), destination.Length);
        CopyTo(name, 0, destination);
    }

    /// <summary>Converts a part of a tensor of type F32, F16 or BF16 to fp32.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="first">First element.</param>
    /// <param name="destination">Receives as many elements as it has room for.</param>
    /// <exception cref="TensorMismatchException">Another type.</exception>
    internal void CopyTo(string name, long first, Span<float> destination)
    {
        TensorInfo info = GetInfo(name);
        if (!FloatConversion.CanWiden(info.ElementType))
            throw new TensorMismatchException(
                TensorMismatch.ElementType, Path, name, "F32, F16 or BF16", info.ElementType.SafetensorsName());
        const int Chunk = 1 << 24; // keeps each byte span far below 2^31
        int size = info.ElementType.SizeInBytes();
        ArgumentOutOfRangeException.ThrowIfGreaterThan((first + destination.Length) * size, info.ByteLength, nameof(first));
        for (int done = 0; done < destination.Length; done += Chunk)
        {
            int count = Math.Min(Chunk, destination.Length - done);
            ReadOnlySpan<byte> bytes = Slice(info, (first + done) * size, count * size);
            FloatConversion.Widen(bytes, info.ElementType, destination.Slice(done, count));
        }
    }

    /// <summary>A copy of a tensor of type F32, F16 or BF16 as fp32.</summary>
    public float[] ReadSingles(string name)
    {
        var values = new float[ArrayLength(GetInfo(name))];
        CopyTo(name, values);
        return values;
    }

    /// <summary>A copy of a tensor whose element type is <typeparamref name="T"/>, with no conversion.</summary>
    /// <exception cref="TensorMismatchException">The tensor has another element type.</exception>
    public T[] Read<T>(string name)
        where T : unmanaged
    {
        ReadOnlySpan<T> elements = Elements<T>(name);
        var values = GC.AllocateUninitializedArray<T>(elements.Length);
        elements.CopyTo(values);
        return values;
    }

    /// <summary>The elements of a tensor, in the mapping.</summary>
    /// <exception cref="TensorMismatchException">The tensor has another element type, or is too large for one span.</exception>
    internal ReadOnlySpan<T> Elements<T>(string name)
        where T : unmanaged
    {
        TensorInfo info = GetInfo(name);
        TensorElementType wanted = TensorElementTypes.Of<T>();
        if (info.ElementType != wanted)
            throw new TensorMismatchException(
                TensorMismatch.ElementType, Path, name, wanted.SafetensorsName(), info.ElementType.SafetensorsName());
        return MemoryMarshal.Cast<byte, T>(Bytes(name));
    }

    /// <summary>Unmaps the file. Spans handed out before are no longer valid.</summary>
    public void Dispose()
    {
        if (_data == null)
            return;
        _data = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    private ReadOnlySpan<byte> Slice(TensorInfo info, long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_data == null, this);
        return new ReadOnlySpan<byte>(_data + info.Begin + offset, length);
    }

    private int ArrayLength(TensorInfo info) =>
        info.ElementCount <= Array.MaxLength
            ? (int)info.ElementCount
            : throw new TensorMismatchException(
                TensorMismatch.Shape,
                Path,
                info.Name,
                $"at most {Array.MaxLength} elements for one array",
                $"{info.ElementCount}");

    private void RequireCount(TensorInfo info, int count)
    {
        if (info.ElementCount != count)
            throw new TensorMismatchException(
                TensorMismatch.Shape,
                Path,
                info.Name,
                $"{count} elements",
                $"{info.ElementCount} in {TensorInfo.FormatShape(info.Shape.AsSpan())}");
    }
}
