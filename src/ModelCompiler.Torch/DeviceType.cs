namespace ModelCompiler.Torch;

/// <summary>Kinds of devices, numbered as in c10.</summary>
public enum DeviceType
{
    /// <summary>Host memory.</summary>
    CPU = 0,

    /// <summary>A GPU of NVIDIA.</summary>
    CUDA = 1,
}
