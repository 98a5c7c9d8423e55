using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ModelCompiler.Runtime.Weights;

/// <summary>Widening of stored float types to fp32. All are exact.</summary>
internal static class FloatConversion
{
    /// <summary>True for the types that <see cref="Widen"/> takes.</summary>
    public static bool CanWiden(TensorElementType type) =>
        type is TensorElementType.Float32 or TensorElementType.Float16 or TensorElementType.BFloat16;

    /// <summary>Converts little-endian elements, which may lie at any address, to fp32.</summary>
    /// <param name="bytes">destination.Length elements of <paramref name="type"/>.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="destination">Receives the values.</param>
    public static void Widen(ReadOnlySpan<byte> bytes, TensorElementType type, Span<float> destination)
    {
        switch (type)
        {
            case TensorElementType.Float32:
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), destination);
                break;
            case TensorElementType.BFloat16:
                WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<float, uint>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Only F32, F16 and BF16 widen to fp32.");
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(destination[i..]);
            (high << 16).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            destination[i] = (uint)source[i] << 16;
    }
}
