namespace ModelCompiler.Runtime.Weights;

/// <summary>One tensor of an open <see cref="Checkpoint"/>.</summary>
public sealed class CheckpointTensor
{
    private readonly SafetensorsFile _file;

    internal CheckpointTensor(SafetensorsFile file, TensorInfo info)
    {
        _file = file;
        Info = info;
    }

    /// <summary>Name, type and shape.</summary>
    public TensorInfo Info { get; }

    /// <summary>The file that holds it.</summary>
    public string Path => _file.Path;

    /// <summary>The bytes, in the mapping, at any alignment; row-major, little-endian.</summary>
    /// <exception cref="TensorMismatchException">The tensor is too large for one span.</exception>
    public ReadOnlySpan<byte> Bytes => _file.Bytes(Info.Name);

    /// <summary>Converts F32, F16 or BF16 to fp32.</summary>
    /// <param name="destination">As many values as the tensor has elements.</param>
    /// <exception cref="TensorMismatchException">Another element type, or another number of elements.</exception>
    public void CopyTo(Span<float> destination) => _file.CopyTo(Info.Name, destination);

    /// <summary>Converts a part of an F32, F16 or BF16 tensor to fp32.</summary>
    /// <param name="first">First element.</param>
    /// <param name="destination">Receives as many elements as it has room for.</param>
    internal void CopyTo(long first, Span<float> destination) => _file.CopyTo(Info.Name, first, destination);

    /// <summary>A copy of F32, F16 or BF16 as fp32.</summary>
    public float[] ReadSingles() => _file.ReadSingles(Info.Name);

    /// <summary>A copy with no conversion.</summary>
    /// <exception cref="TensorMismatchException">The tensor's element type is not <typeparamref name="T"/>.</exception>
    public T[] Read<T>()
        where T : unmanaged => _file.Read<T>(Info.Name);

    /// <summary>The elements, in the mapping.</summary>
    /// <exception cref="TensorMismatchException">The tensor's element type is not <typeparamref name="T"/>, or it is too large for one span.</exception>
    internal ReadOnlySpan<T> Elements<T>()
        where T : unmanaged => _file.Elements<T>(Info.Name);

    /// <summary>A source that copies this tensor into another file, while this checkpoint is open.</summary>
    public TensorSource ToSource() => TensorSource.Copy(_file, Info.Name);

    /// <summary>A copy of F32, F16 or BF16 as fp32, in which NaN and infinity are refused.</summary>
    /// <exception cref="TensorMismatchException">A value is not finite.</exception>
    public float[] ReadFiniteSingles()
    {
        float[] values = ReadSingles();
        TensorMismatchException.ThrowIfNotFinite(Path, Info.Name, values);
        return values;
    }
}
