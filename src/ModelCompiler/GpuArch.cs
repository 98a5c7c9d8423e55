namespace ModelCompiler;

/// <summary>Target architectures. The value is ten times the compute capability.</summary>
public enum GpuArch
{
    /// <summary>Ampere data centre: A100, A30. Native INT4 tensor instructions.</summary>
    Sm80 = 80,

    /// <summary>Ampere: A10, A40, A6000, RTX 30. Native INT4 tensor instructions.</summary>
    Sm86 = 86,

    /// <summary>Ada: L4, L40S, RTX 40. Native INT4 tensor instructions.</summary>
    Sm89 = 89,

    /// <summary>Hopper: H100, H200. INT4 is stored packed and computed with INT8 tensor instructions.</summary>
    Sm90a = 90,
}
