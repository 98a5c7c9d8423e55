namespace ModelCompiler.Runtime.Weights;

/// <summary>The element types of safetensors files that fill whole bytes.</summary>
public enum TensorElementType
{
    /// <summary><c>BOOL</c>, one byte.</summary>
    Bool,

    /// <summary><c>U8</c>.</summary>
    UInt8,

    /// <summary><c>I8</c>.</summary>
    Int8,

    /// <summary><c>F8_E4M3</c>.</summary>
    Float8E4M3,

    /// <summary><c>F8_E5M2</c>.</summary>
    Float8E5M2,

    /// <summary><c>F8_E8M0</c>, a bare exponent.</summary>
    Float8E8M0,

    /// <summary><c>U16</c>.</summary>
    UInt16,

    /// <summary><c>I16</c>.</summary>
    Int16,

    /// <summary><c>F16</c>, IEEE half precision.</summary>
    Float16,

    /// <summary><c>BF16</c>, the upper half of an IEEE single.</summary>
    BFloat16,

    /// <summary><c>U32</c>.</summary>
    UInt32,

    /// <summary><c>I32</c>.</summary>
    Int32,

    /// <summary><c>F32</c>.</summary>
    Float32,

    /// <summary><c>U64</c>.</summary>
    UInt64,

    /// <summary><c>I64</c>.</summary>
    Int64,

    /// <summary><c>F64</c>.</summary>
    Float64,

    /// <summary><c>C64</c>, two singles.</summary>
    Complex64,
}

/// <summary>Names and sizes of <see cref="TensorElementType"/>, in one table.</summary>
public static class TensorElementTypes
{
    private static readonly (TensorElementType Type, string Name, int Bytes)[] Table =
    [
        (TensorElementType.Bool, "BOOL", 1),
        (TensorElementType.UInt8, "U8", 1),
        (TensorElementType.Int8, "I8", 1),
        (TensorElementType.Float8E4M3, "F8_E4M3", 1),
        (TensorElementType.Float8E5M2, "F8_E5M2", 1),
        (TensorElementType.Float8E8M0, "F8_E8M0", 1),
        (TensorElementType.UInt16, "U16", 2),
        (TensorElementType.Int16, "I16", 2),
        (TensorElementType.Float16, "F16", 2),
        (TensorElementType.BFloat16, "BF16", 2),
        (TensorElementType.UInt32, "U32", 4),
        (TensorElementType.Int32, "I32", 4),
        (TensorElementType.Float32, "F32", 4),
        (TensorElementType.UInt64, "U64", 8),
        (TensorElementType.Int64, "I64", 8),
        (TensorElementType.Float64, "F64", 8),
        (TensorElementType.Complex64, "C64", 8),
    ];

    internal static string AllNames { get; } = string.Join(", ", Table.Select(row => row.Name));

    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this TensorElementType type) => Table[(int)type].Bytes;

    /// <summary>The name that a safetensors header uses, such as <c>BF16</c>.</summary>
    public static string SafetensorsName(this TensorElementType type) => Table[(int)type].Name;

    internal static bool TryParse(string name, out TensorElementType type)
    {
        foreach (var row in Table)
        {
            if (row.Name == name)
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    internal static TensorElementType Of<T>()
        where T : unmanaged =>
        default(T) switch
        {
            bool => TensorElementType.Bool,
            byte => TensorElementType.UInt8,
            sbyte => TensorElementType.Int8,
            ushort => TensorElementType.UInt16,
            short => TensorElementType.Int16,
            Half => TensorElementType.Float16,
            uint => TensorElementType.UInt32,
            int => TensorElementType.Int32,
            float => TensorElementType.Float32,
            ulong => TensorElementType.UInt64,
            long => TensorElementType.Int64,
            double => TensorElementType.Float64,
            _ => throw new NotSupportedException($"No safetensors element type holds {typeof(T)}."),
        };
}
