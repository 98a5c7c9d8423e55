using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ModelCompiler.Cuda.Interop;

/// <summary>Version of the CUDA toolkit that an NVRTC library comes from, such as 12.4.</summary>
/// <param name="Major">Major version.</param>
/// <param name="Minor">Minor version.</param>
public readonly record struct NvrtcVersion(int Major, int Minor) : IComparable<NvrtcVersion>
{
    /// <summary>The oldest version that knows every architecture of <see cref="GpuArch"/>.</summary>
    public static NvrtcVersion Oldest { get; } = new(12, 0);

    /// <inheritdoc/>
    public int CompareTo(NvrtcVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    /// <summary><c>12.4</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NvrtcVersion version)
    {
        version = default;
        string[] parts = text?.Split('.') ?? [];
        if (parts.Length != 2
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor))
            return false;
        version = new NvrtcVersion(major, minor);
        return true;
    }
}
