namespace ModelCompiler.Cuda.Binary;

/// <summary>One kernel of a cubin.</summary>
/// <param name="Name">Name of the entry function, as in the symbol table.</param>
/// <param name="Architecture">Ten times the compute capability.</param>
/// <param name="Code">Machine code, 16 bytes an instruction.</param>
/// <param name="Registers">32-bit registers of each thread.</param>
/// <param name="SharedBytes">
/// Shared memory that the source declares, for each thread block. The 1,024 bytes that the system reserves from sm_90 on
/// are not counted.
/// </param>
/// <param name="ConstantBytes">Constant memory, launch parameters and the driver's part before them included.</param>
/// <param name="FrameBytes">Stack of the kernel itself, in local memory, for each thread.</param>
/// <param name="StackBytes">Stack with its callees, in local memory, for each thread.</param>
public sealed record CubinKernel(
    string Name,
    int Architecture,
    ReadOnlyMemory<byte> Code,
    int Registers,
    int SharedBytes,
    int ConstantBytes,
    int FrameBytes,
    int StackBytes)
{
    private SassSummary? _summary;

    /// <summary>How many tensor-core instructions of each kind the code holds, each counted once however often it runs.</summary>
    /// <exception cref="NotSupportedException">The decoder does not know this architecture.</exception>
    public TensorInstructionCounts TensorInstructions => Summary.Tensor;

    /// <summary>How many instructions read or write local memory: spilled registers, or arrays indexed at run time.</summary>
    /// <exception cref="NotSupportedException">The decoder does not know this architecture.</exception>
    public int LocalMemoryInstructions => Summary.LocalMemory;

    /// <summary>True where any instruction reads or writes local memory.</summary>
    /// <exception cref="NotSupportedException">The decoder does not know this architecture.</exception>
    public bool HasLocalMemoryAccess => LocalMemoryInstructions > 0;

    private SassSummary Summary => _summary ??= SassDecoder.Summarize(Code.Span, Architecture);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Name} sm_{Architecture}: {Code.Length / SassDecoder.InstructionBytes} instructions, {Registers} registers, "
        + $"{SharedBytes} B shared, {FrameBytes} B stack frame";
}
