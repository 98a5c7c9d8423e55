namespace ModelCompiler.Runtime.Cpu.Kernels;

/// <summary>Sizes in whole blocks.</summary>
internal static class Round
{
    /// <summary>⌈value / block⌉.</summary>
    public static int UpDivide(int value, int block) => (value + block - 1) / block;

    /// <summary>The smallest multiple of <paramref name="block"/> that is not below <paramref name="value"/>.</summary>
    public static int UpTo(int value, int block) => UpDivide(value, block) * block;
}
