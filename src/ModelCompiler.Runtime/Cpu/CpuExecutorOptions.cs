namespace ModelCompiler.Runtime.Cpu;

/// <summary>How the CPU executor runs. No option changes a result.</summary>
public sealed record CpuExecutorOptions
{
    /// <summary>Threads of one call, the caller among them; 0 for one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Longest sequence in tokens; 0 for what the model's position table serves. A generated class passes its own limit.
    /// </summary>
    public int MaxSequence { get; init; }

    /// <summary>
    /// Tokens of whole sequences that go through the model together. Larger batches run in parts, which keeps
    /// intermediate values in the cache and memory bounded. A sequence is never split.
    /// </summary>
    public int TokensPerPass { get; init; } = 512;
}
