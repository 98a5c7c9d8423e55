using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Instruction sets that the int8 matrix product is written for. All give equal results.</summary>
internal enum Int8Path
{
    /// <summary>128-bit vectors of whatever the machine has.</summary>
    Portable,

    /// <summary>256-bit: bytes widened to 16 bits, <c>vpmaddwd</c>.</summary>
    Avx2,

    /// <summary>256-bit <c>vpdpbusd</c>: u8 × s8, four products a lane, no saturation.</summary>
    AvxVnni,
}

/// <summary>
/// Instruction sets that the fp32 matrix product is written for. All accumulate an output element with fused
/// multiply-adds in k order, so all give equal results.
/// </summary>
internal enum FloatPath
{
    /// <summary>128-bit vectors of whatever the machine has.</summary>
    Portable,

    /// <summary>256-bit AVX2 with FMA.</summary>
    Avx2,

    /// <summary>512-bit AVX-512F.</summary>
    Avx512,
}

/// <summary>What this machine offers.</summary>
internal static class InstructionPaths
{
    /// <summary>Fastest int8 path of this machine.</summary>
    public static Int8Path BestInt8 { get; } =
        AvxVnni.IsSupported ? Int8Path.AvxVnni : Avx2.IsSupported ? Int8Path.Avx2 : Int8Path.Portable;

    /// <summary>Fastest fp32 path of this machine.</summary>
    public static FloatPath BestFloat { get; } =
        Avx512F.IsSupported ? FloatPath.Avx512 : Avx2.IsSupported && Fma.IsSupported ? FloatPath.Avx2 : FloatPath.Portable;

    /// <summary>Int8 paths that this machine can run, slowest first.</summary>
    public static IEnumerable<Int8Path> Int8 => Enum.GetValues<Int8Path>().Where(path => path <= BestInt8);

    /// <summary>Fp32 paths that this machine can run, slowest first.</summary>
    public static IEnumerable<FloatPath> Float => Enum.GetValues<FloatPath>().Where(path => path <= BestFloat);

    /// <summary>One line for reports.</summary>
    public static string Describe() => $"int8 {BestInt8}, fp32 {BestFloat}";
}
