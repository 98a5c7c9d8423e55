namespace ModelCompiler.Runtime;

/// <summary>How a session runs; what it computes is fixed by its class.</summary>
public sealed class EncoderOptions
{
    /// <summary>Where it runs.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Threads of the CPU executor; 0 for one per logical processor.</summary>
    public int Threads { get; init; }
}
