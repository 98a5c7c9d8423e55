using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>Which tensor instruction a GEMM runs on, and what it does to get its operands there.</summary>
public enum GemmFamily
{
    /// <summary>Packed s4 or u4 on both sides, <c>mma.sync.m16n8k64</c>. Ampere and Ada.</summary>
    Int4,

    /// <summary>s8 or u8 on both sides, <c>mma.sync.m16n8k32</c>.</summary>
    Int8,

    /// <summary>Activation codes in bytes, weights packed int4 and unpacked in registers, <c>mma.sync.m16n8k32</c>.</summary>
    Int8Weight4,

    /// <summary>
    /// Activation codes packed two to a byte and unpacked in registers, weights in bytes, <c>wgmma</c> with s8 on both sides
    /// (mc/hopper/packed_activations.cuh). Hopper.
    /// </summary>
    Int8Activation4,

    /// <summary>FP16 on both sides, <c>mma.sync.m16n8k16</c>.</summary>
    Float16,

    /// <summary>FP16 activations, weights packed int4 and unpacked in registers, <c>mma.sync.m16n8k16</c>.</summary>
    Float16Weight4,
}

/// <summary>What a GEMM kernel computes: acc[m, n] = Σ_k A[m, k] · W[n, k], whatever the number of rows m.</summary>
/// <param name="N">Output features.</param>
/// <param name="K">Input features.</param>
/// <param name="Precision">Formats of both operands.</param>
/// <param name="Family">Tensor instruction.</param>
public sealed record GemmProblem(int N, int K, LinearPrecision Precision, GemmFamily Family)
{
    /// <summary>Bits of an activation element in device and shared memory.</summary>
    public int ActivationBits => Family switch
    {
        GemmFamily.Int4 or GemmFamily.Int8Activation4 => 4,
        GemmFamily.Int8 or GemmFamily.Int8Weight4 => 8,
        _ => 16,
    };

    /// <summary>Bits of a weight element in device and shared memory.</summary>
    public int WeightBits => Precision.Weights.Bits;

    /// <summary>Bytes of a row of activations.</summary>
    internal int RowBytes => K * ActivationBits / 8;

    /// <summary>What is multiplied, as names of works and kernels say it, such as <c>ws4_as4_n768_k3072</c>.</summary>
    internal string Token => $"{Precision}{(ReadsPackedCodes ? "in4" : "")}_n{N}_k{K}";

    /// <summary>True where INT4 activation codes lie two to a byte though they are multiplied as bytes.</summary>
    internal bool ReadsPackedCodes => Family == GemmFamily.Int8Activation4;

    /// <summary>Inputs of a block of weights in the order of mc/weight_layout.cuh: 32 bytes of each of 16 outputs.</summary>
    internal int WeightBlockInputs => 256 / WeightBits;

    /// <summary>
    /// True where the epilogue needs the sum of each row of activations and no quantizer has computed it: asymmetric weights
    /// under FP16 activations.
    /// </summary>
    internal bool NeedsRowSums => Family == GemmFamily.Float16Weight4 && Precision.Weights.Symmetry == Symmetry.Asymmetric;

    /// <summary>The same with activation codes two to a byte.</summary>
    internal GemmProblem WithPackedCodes() => this with { Family = GemmFamily.Int8Activation4 };

    /// <summary>The problem that an architecture solves for a linear part. One group as long as the row is a scale per row.</summary>
    public static GemmProblem For(int n, int k, LinearPrecision precision, GpuArch arch) =>
        precision.Weights.GroupSize == k
            ? For(n, k, precision with { Weights = precision.Weights with { GroupSize = 0 } }, arch)
            : new(n, k, precision, FamilyOf(precision, arch));

    /// <inheritdoc/>
    public override string ToString() => $"{Precision} n{N} k{K} {Family}";

    private static GemmFamily FamilyOf(LinearPrecision precision, GpuArch arch) => precision switch
    {
        { Activations.IsQuantized: false, Weights.IsQuantized: false } => GemmFamily.Float16,
        { Activations.IsQuantized: false } => GemmFamily.Float16Weight4,
        { Weights.Bits: 4 } when CodeContainer.Bits(precision.Activations, arch) == 4 => GemmFamily.Int4,
        { Weights.Bits: 4 } => GemmFamily.Int8Weight4,
        _ => GemmFamily.Int8,
    };
}
