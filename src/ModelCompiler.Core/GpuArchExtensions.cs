namespace ModelCompiler.Core;

/// <summary>Facts about target architectures.</summary>
public static class GpuArchExtensions
{
    /// <summary>The name that NVIDIA's compilers use, such as <c>sm_90a</c>.</summary>
    public static string Name(this GpuArch arch) => arch == GpuArch.Sm90a ? "sm_90a" : $"sm_{(int)arch}";

    /// <summary>Compute capability of the chips that the architecture is named after, such as <c>9.0</c>.</summary>
    public static string ComputeCapability(this GpuArch arch) => $"{(int)arch / 10}.{(int)arch % 10}";

    /// <summary>
    /// True where <c>mma.sync</c> on s4 operands is one tensor instruction. Elsewhere it is emulated, slower than s8, so
    /// INT4 codes are computed in s8 containers there.
    /// </summary>
    public static bool HasInt4TensorCores(this GpuArch arch) => arch is GpuArch.Sm80 or GpuArch.Sm86 or GpuArch.Sm89;

    /// <summary>True where thread blocks form clusters that read each other's shared memory.</summary>
    public static bool HasClusters(this GpuArch arch) => arch == GpuArch.Sm90a;

    /// <summary>Most shared memory of one thread block in bytes, after opting in (CUDA programming guide, table of compute capabilities).</summary>
    public static int MaxSharedBytes(this GpuArch arch) => arch switch
    {
        GpuArch.Sm80 => 163 * 1024,
        GpuArch.Sm86 or GpuArch.Sm89 => 99 * 1024,
        GpuArch.Sm90a => 227 * 1024,
        _ => throw new ArgumentOutOfRangeException(nameof(arch), arch, "Unknown architecture."),
    };

    /// <summary>
    /// Multiprocessors of the smallest chip that kernels whose blocks wait for one another are scheduled for: those of an
    /// H100 PCIe. The session refuses a GPU that has too few.
    /// </summary>
    public static int Multiprocessors(this GpuArch arch) => arch switch
    {
        GpuArch.Sm90a => 114,
        _ => throw new ArgumentOutOfRangeException(nameof(arch), arch, "No kernel of this architecture has blocks that wait for others."),
    };
}
