using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Weights;

/// <summary>A tensor to be written: what the header says of it and a way to produce its bytes when they are due.</summary>
public sealed class TensorSource
{
    /// <summary>Creates a source that writes its bytes to the stream when asked, so that large ones are never all in memory.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="elementType">The type of each element.</param>
    /// <param name="shape">Extents, outermost first; empty for a scalar.</param>
    /// <param name="writeTo">Writes exactly the tensor's bytes: little-endian, row-major.</param>
    public TensorSource(
        string name, TensorElementType elementType, ImmutableArray<long> shape, Action<Stream> writeTo)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == SafetensorsHeader.MetadataName)
            throw new ArgumentException($"'{name}' is the name of the metadata.", nameof(name));
        foreach (long extent in shape)
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
        if (!SafetensorsHeader.TryByteLength(shape, elementType, out long bytes))
            throw new ArgumentOutOfRangeException(nameof(shape), "The shape has 2^63 bytes or more.");
        Name = name;
        ElementType = elementType;
        Shape = shape;
        ByteLength = bytes;
        WriteTo = writeTo;
    }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>The type of each element.</summary>
    public TensorElementType ElementType { get; }

    /// <summary>Extents, outermost first.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength { get; }

    internal Action<Stream> WriteTo { get; }

    /// <summary>A tensor over an array that must not change until it is written.</summary>
    /// <exception cref="ArgumentException">The array's length is not the product of the extents.</exception>
    public static TensorSource From<T>(string name, T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var source = new TensorSource(
            name,
            TensorElementTypes.Of<T>(),
            [.. shape],
            stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));
        if (source.ByteLength != (long)values.Length * source.ElementType.SizeInBytes())
            throw new ArgumentException(
                $"Tensor '{name}' of shape {TensorInfo.FormatShape(shape)} cannot hold {values.Length} values.",
                nameof(values));
        return source;
    }

    /// <summary>A tensor copied byte by byte from an open file, which must stay open until it is written.</summary>
    public static TensorSource Copy(SafetensorsFile file, string name)
    {
        TensorInfo info = file.GetInfo(name);
        return new TensorSource(name, info.ElementType, info.Shape, stream =>
        {
            const int Chunk = 1 << 24;
            for (long done = 0; done < info.ByteLength; done += Chunk)
                stream.Write(file.Bytes(name, done, (int)Math.Min(Chunk, info.ByteLength - done)));
        });
    }
}
