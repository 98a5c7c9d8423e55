using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Scheduling;

/// <summary>How many bits an activation code takes in device memory.</summary>
public static class CodeContainer
{
    /// <summary>
    /// INT4 codes are packed two to a byte where tensor cores multiply them so, and sit in bytes where the product is
    /// computed with INT8 instructions. The code values are the same.
    /// </summary>
    public static int Bits(ActivationFormat format, GpuArch arch) =>
        format.Bits == 4 && arch.HasInt4TensorCores() ? 4 : Math.Max(format.Bits, 8);
}
