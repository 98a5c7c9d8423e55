using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>What a compiled kernel needs of the chip, as ptxas reports it.</summary>
/// <param name="Registers">32-bit registers of each thread.</param>
/// <param name="StaticSharedBytes">Shared memory declared in the source, for each thread block.</param>
/// <param name="StackFrameBytes">Local memory of each thread: arrays indexed at run time, and spilled registers.</param>
/// <param name="SpillStoreBytes">Bytes that each thread stores to local memory for want of registers.</param>
/// <param name="SpillLoadBytes">Bytes that each thread loads back.</param>
/// <param name="ConstantBytes">Constant memory, launch parameters included.</param>
public sealed record KernelResources(
    int Registers, int StaticSharedBytes, int StackFrameBytes, int SpillStoreBytes, int SpillLoadBytes, int ConstantBytes)
{
    /// <summary>True where registers did not suffice.</summary>
    public bool Spills => SpillStoreBytes > 0 || SpillLoadBytes > 0;
}

/// <summary>A kernel in machine code.</summary>
/// <param name="Name">Name of the entry function.</param>
/// <param name="Arch">Architecture that the code is for.</param>
/// <param name="Key">Address by content.</param>
/// <param name="Cubin">ELF image, as the driver loads it.</param>
/// <param name="Resources">What it needs of the chip.</param>
/// <param name="Log">Log of the compiler: warnings, then the report of ptxas.</param>
public sealed record CompiledKernel(
    string Name, GpuArch Arch, CubinKey Key, ReadOnlyMemory<byte> Cubin, KernelResources Resources, string Log)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name} {Arch.Name()}: {Cubin.Length} bytes, {Resources.Registers} registers, "
        + $"{Resources.StaticSharedBytes} B static shared, {Resources.SpillStoreBytes} B spilled";
}
