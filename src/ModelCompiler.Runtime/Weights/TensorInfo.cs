using System.Collections.Immutable;

namespace ModelCompiler.Runtime.Weights;

/// <summary>What a safetensors header says about one tensor.</summary>
public sealed class TensorInfo
{
    internal TensorInfo(string name, TensorElementType elementType, ImmutableArray<long> shape, long begin, long end)
    {
        Name = name;
        ElementType = elementType;
        Shape = shape;
        Begin = begin;
        End = end;
    }

    /// <summary>The tensor's name, unique in its file.</summary>
    public string Name { get; }

    /// <summary>The type of each element.</summary>
    public TensorElementType ElementType { get; }

    /// <summary>The extents, outermost first; empty for a scalar. Storage is row-major.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>First byte, counted from the start of the data section.</summary>
    public long Begin { get; }

    /// <summary>One past the last byte, counted from the start of the data section.</summary>
    public long End { get; }

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength => End - Begin;

    /// <summary>The product of the extents; 1 for a scalar.</summary>
    public long ElementCount => ByteLength / ElementType.SizeInBytes();

    /// <summary>Name, type and shape, such as <c>pooler.dense.bias: F16 [256]</c>.</summary>
    public override string ToString() => $"{Name}: {ElementType.SafetensorsName()} {FormatShape(Shape.AsSpan())}";

    internal static string FormatShape(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
