namespace ModelCompiler.Cuda.Binary;

/// <summary>Type of a tensor instruction's operands, before accumulation.</summary>
public enum TensorOperand
{
    /// <summary>One bit.</summary>
    B1,

    /// <summary>Signed 4-bit integer.</summary>
    S4,

    /// <summary>Unsigned 4-bit integer.</summary>
    U4,

    /// <summary>Signed 8-bit integer.</summary>
    S8,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>8-bit floating point, e4m3 or e5m2.</summary>
    FP8,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>TF32.</summary>
    TF32,

    /// <summary>IEEE double precision.</summary>
    F64,
}

/// <summary>A tensor-core instruction in machine code.</summary>
/// <param name="Offset">Where it starts, in bytes from the start of the kernel.</param>
/// <param name="A">Type of the left operand.</param>
/// <param name="B">Type of the right operand.</param>
/// <param name="IsSparse">True where the left operand is 2:4 sparse.</param>
/// <param name="IsWarpGroup">True for the instructions of four warps (<c>wgmma</c>, sm_90a).</param>
public readonly record struct TensorInstruction(
    int Offset, TensorOperand A, TensorOperand B, bool IsSparse, bool IsWarpGroup);

/// <summary>
/// Numbers of tensor-core instructions by operand type. Each instruction counts once under its type; <see cref="Sparse"/>
/// and <see cref="WarpGroup"/> count some of the same instructions again.
/// </summary>
/// <param name="B1">One-bit operands.</param>
/// <param name="S4">Both operands of 4 bits, signed or not.</param>
/// <param name="S8">Integer operands, at least one of 8 bits, signed or not.</param>
/// <param name="FP8">8-bit floating-point operands.</param>
/// <param name="F16">Half-precision operands.</param>
/// <param name="BF16">bfloat16 operands.</param>
/// <param name="TF32">TF32 operands.</param>
/// <param name="F64">Double-precision operands.</param>
/// <param name="Sparse">Those with a 2:4 sparse operand.</param>
/// <param name="WarpGroup">Those of four warps (<c>wgmma</c>).</param>
public sealed record TensorInstructionCounts(
    int B1, int S4, int S8, int FP8, int F16, int BF16, int TF32, int F64, int Sparse, int WarpGroup)
{
    /// <summary>All tensor-core instructions.</summary>
    public int Total => B1 + S4 + S8 + FP8 + F16 + BF16 + TF32 + F64;

    /// <summary>Counts a list of instructions.</summary>
    public static TensorInstructionCounts Of(IReadOnlyCollection<TensorInstruction> instructions)
    {
        return new TensorInstructionCounts(
            Count(TensorOperand.B1), instructions.Count(IsFourBit),
            instructions.Count(i => IsInteger(i.A) && !IsFourBit(i)),
            Count(TensorOperand.FP8), Count(TensorOperand.F16), Count(TensorOperand.BF16), Count(TensorOperand.TF32),
            Count(TensorOperand.F64),
            instructions.Count(i => i.IsSparse), instructions.Count(i => i.IsWarpGroup));

        int Count(TensorOperand type) => instructions.Count(i => i.A == type);
        static bool IsInteger(TensorOperand type) =>
            type is TensorOperand.S4 or TensorOperand.U4 or TensorOperand.S8 or TensorOperand.U8;
        static bool IsFourBit(TensorInstruction i) =>
            i.A is TensorOperand.S4 or TensorOperand.U4 && i.B is TensorOperand.S4 or TensorOperand.U4;
    }
}
