using ModelCompiler.Runtime.Cpu.Kernels;

namespace ModelCompiler.Runtime.Cpu.Binding;

/// <summary>What FP16 storage does to weights that the executor keeps in floats.</summary>
internal static unsafe class StorageRounding
{
    /// <summary>Rounds in place and returns the array.</summary>
    public static float[] ToHalf(float[] values)
    {
        fixed (float* x = values)
            Elementwise.RoundToHalf(x, x, values.Length);
        return values;
    }
}
