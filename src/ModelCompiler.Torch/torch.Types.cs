using System.Globalization;

namespace ModelCompiler.Torch;

public static partial class torch
{
    public static Device CPU { get; } = new(DeviceType.CPU);

    public static Device CUDA { get; } = new(DeviceType.CUDA);

    public static ScalarType uint8 => ScalarType.Byte;

    public static ScalarType int8 => ScalarType.Int8;

    public static ScalarType int16 => ScalarType.Int16;

    public static ScalarType int32 => ScalarType.Int32;

    public static ScalarType int64 => ScalarType.Int64;

    public static ScalarType float16 => ScalarType.Float16;

    public static ScalarType float32 => ScalarType.Float32;

    public static ScalarType float64 => ScalarType.Float64;

    public static ScalarType bfloat16 => ScalarType.BFloat16;

    public static ScalarType @bool => ScalarType.Bool;

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static Device device(string description)
    {
        ArgumentNullException.ThrowIfNull(description);
        string[] parts = description.Split(':');
        int index = -1;
        if (parts.Length > 2 || parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index))
            throw Unknown();
        return parts[0] switch
        {
            "cpu" => new(DeviceType.CPU, index),
            "cuda" => new(DeviceType.CUDA, index),
            _ => throw Unknown(),
        };

        ArgumentException Unknown() => new($"Expected a device such as cpu, cuda or cuda:1, found '{description}'.", nameof(description));
    }

    /// <summary>Element types, numbered as in c10.</summary>
    public enum ScalarType
    {
        Byte = 0,
        Int8 = 1,
        Int16 = 2,
        Int32 = 3,
        Int64 = 4,
        Float16 = 5,
        Float32 = 6,
        Float64 = 7,
        Bool = 11,
        BFloat16 = 15,
    }

    /// <summary>Where a tensor is.</summary>
    /// <param name="type">Kind of device.</param>
    /// <param name="index">Which of its kind; -1 for the current one.</param>
    public sealed class Device(DeviceType type, int index = -1) : IEquatable<Device>
    {
        public DeviceType type { get; } = type;

        public int index { get; } = index;

        public bool Equals(Device? other) => other is not null && (type, index) == (other.type, other.index);

        public override bool Equals(object? obj) => Equals(obj as Device);

        public override int GetHashCode() => HashCode.Combine(type, index);

        public override string ToString()
        {
            string name = type == DeviceType.CPU ? "cpu" : "cuda";
            return index < 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{index}");
        }
    }
}
