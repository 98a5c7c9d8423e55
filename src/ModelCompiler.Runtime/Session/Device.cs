namespace ModelCompiler.Runtime;

/// <summary>Where a session runs.</summary>
public readonly record struct Device
{
    // One more than the ordinal, so that default is the CPU.
    private readonly int _gpu;

    private Device(int gpu) => _gpu = gpu;

    /// <summary>The CPU executor, the reference for every other device.</summary>
    public static Device Cpu => default;

    /// <summary>True for a GPU.</summary>
    public bool IsCuda => _gpu > 0;

    /// <summary>Number of the GPU; -1 for the CPU.</summary>
    public int Ordinal => _gpu - 1;

    /// <summary>An NVIDIA GPU. Loading throws where it is not there; nothing falls back to the CPU.</summary>
    /// <param name="ordinal">Number among the GPUs that the driver shows, from 0.</param>
    public static Device Cuda(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        return new(ordinal + 1);
    }

    /// <inheritdoc/>
    public override string ToString() => IsCuda ? $"cuda:{Ordinal}" : "cpu";
}
