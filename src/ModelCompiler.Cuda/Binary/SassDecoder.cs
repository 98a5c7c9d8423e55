using System.Buffers.Binary;

namespace ModelCompiler.Cuda.Binary;

/// <summary>What a kernel's machine code uses.</summary>
internal sealed record SassSummary(TensorInstructionCounts Tensor, int LocalMemory);

/// <summary>
/// Finds tensor-core and local-memory instructions in machine code (SASS) of sm_75 to sm_90.
/// </summary>
/// <remarks>
/// <para>
/// NVIDIA does not document the encoding. It was found by compiling one <c>mma.sync</c>, <c>mma.sp</c> or <c>wgmma</c> of
/// each type for sm_75, sm_80, sm_86, sm_89 and sm_90a with NVRTC 12.4, then flipping single bits of that instruction and
/// reading what <c>nvdisasm</c> 12.4 printed. The tests repeat the first half for every type
/// on sm_80 to sm_90a.
/// </para>
/// <para>
/// An instruction has 128 bits, stored as two little-endian 64-bit words. Bits 0-8 are the operation, bits 9-11 its operand
/// form (registers, constants, shared-memory descriptors), bits 12-15 the predicate. The upper word holds modifiers:
/// </para>
/// <code>
/// operation (bits 0-8)            bits of the instruction
/// 0x037 IMMA                      72 sparse, 76 A signed, 78 B signed, 83 A has 4 bits, 84 B has 4 bits
///                                 (75, 85, 86: shape; 82: saturate)
/// 0x03c HMMA                      73 sparse, 82-83 type: 0 F16, 1 BF16, 2 TF32 (76: F32 accumulator)
/// 0x03d BMMA                      one-bit operands
/// 0x03f DMMA                      double precision
/// 0x1f0 HGMMA (wgmma)             73 sparse, 76-77 type: 0 F16, 1 BF16, 2 TF32 (75: F32 accumulator)
/// 0x1f1 IGMMA (wgmma)             73 sparse, 76 A signed, 82 B signed; always 8 bits
/// 0x1f2 BGMMA (wgmma)             one-bit operands
/// 0x1f3 QGMMA (wgmma)             73 sparse; e4m3 and e5m2
/// 0x183 LDL, 0x187 STL            load and store of local memory
/// </code>
/// </remarks>
public static class SassDecoder
{
    /// <summary>Bytes of an instruction.</summary>
    public const int InstructionBytes = 16;

    private const int OldestArchitecture = 75;
    private const int NewestArchitecture = 90;

    private const int OperationMask = 0x1ff;
    private const int Imma = 0x037;
    private const int Hmma = 0x03c;
    private const int Bmma = 0x03d;
    private const int Dmma = 0x03f;
    private const int Hgmma = 0x1f0;
    private const int Igmma = 0x1f1;
    private const int Bgmma = 0x1f2;
    private const int Qgmma = 0x1f3;
    private const int LoadLocal = 0x183;
    private const int StoreLocal = 0x187;

    /// <summary>The tensor-core instructions of a kernel, in order.</summary>
    /// <param name="code">Machine code, a multiple of 16 bytes.</param>
    /// <param name="architecture">Ten times the compute capability.</param>
    /// <exception cref="NotSupportedException">The decoder does not know <paramref name="architecture"/>.</exception>
    public static IReadOnlyList<TensorInstruction> TensorInstructions(ReadOnlySpan<byte> code, int architecture)
    {
        Validate(code, architecture);
        var found = new List<TensorInstruction>();
        for (int offset = 0; offset < code.Length; offset += InstructionBytes)
        {
            if (Decode(code, offset) is { } instruction)
                found.Add(instruction);
        }

        return found;
    }

    /// <summary>How many instructions of a kernel read or write local memory.</summary>
    /// <inheritdoc cref="TensorInstructions"/>
    public static int LocalMemoryInstructions(ReadOnlySpan<byte> code, int architecture)
    {
        Validate(code, architecture);
        int count = 0;
        for (int offset = 0; offset < code.Length; offset += InstructionBytes)
        {
            if (Operation(code, offset) is LoadLocal or StoreLocal)
                count++;
        }

        return count;
    }

    internal static SassSummary Summarize(ReadOnlySpan<byte> code, int architecture) => new(
        TensorInstructionCounts.Of(TensorInstructions(code, architecture)), LocalMemoryInstructions(code, architecture));

    private static TensorInstruction? Decode(ReadOnlySpan<byte> code, int offset)
    {
        ulong modifiers = BinaryPrimitives.ReadUInt64LittleEndian(code[(offset + 8)..]); // bits 64-127
        return Operation(code, offset) switch
        {
            Imma => new TensorInstruction(
                offset, Integer(signed: Bit(76), fourBits: Bit(83)), Integer(signed: Bit(78), fourBits: Bit(84)), Bit(72), false),
            Hmma => Float((int)(modifiers >> 82 - 64 & 3), sparse: Bit(73), warpGroup: false),
            Bmma => new TensorInstruction(offset, TensorOperand.B1, TensorOperand.B1, false, false),
            Dmma => new TensorInstruction(offset, TensorOperand.F64, TensorOperand.F64, false, false),
            Hgmma => Float((int)(modifiers >> 76 - 64 & 3), sparse: Bit(73), warpGroup: true),
            Igmma => new TensorInstruction(
                offset, Integer(signed: Bit(76), fourBits: false), Integer(signed: Bit(82), fourBits: false), Bit(73), true),
            Bgmma => new TensorInstruction(offset, TensorOperand.B1, TensorOperand.B1, false, true),
            Qgmma => new TensorInstruction(offset, TensorOperand.FP8, TensorOperand.FP8, Bit(73), true),
            _ => null,
        };

        bool Bit(int index) => (modifiers >> (index - 64) & 1) != 0;

        TensorInstruction Float(int type, bool sparse, bool warpGroup)
        {
            TensorOperand operand = type switch
            {
                0 => TensorOperand.F16,
                1 => TensorOperand.BF16,
                2 => TensorOperand.TF32,
                _ => throw new CubinFormatException($"The tensor instruction at {offset} has the unknown operand type {type}."),
            };
            return new TensorInstruction(offset, operand, operand, sparse, warpGroup);
        }
    }

    private static TensorOperand Integer(bool signed, bool fourBits) => (signed, fourBits) switch
    {
        (true, true) => TensorOperand.S4,
        (false, true) => TensorOperand.U4,
        (true, false) => TensorOperand.S8,
        (false, false) => TensorOperand.U8,
    };

    private static int Operation(ReadOnlySpan<byte> code, int offset) =>
        BinaryPrimitives.ReadUInt16LittleEndian(code[offset..]) & OperationMask;

    private static void Validate(ReadOnlySpan<byte> code, int architecture)
    {
        if (architecture is < OldestArchitecture or > NewestArchitecture)
            throw new NotSupportedException(
                $"Machine code of sm_{OldestArchitecture} to sm_{NewestArchitecture} can be decoded; this is for sm_{architecture}.");
        if (code.Length % InstructionBytes != 0)
            throw new CubinFormatException($"Machine code has {code.Length} bytes, no multiple of {InstructionBytes}.");
    }
}
