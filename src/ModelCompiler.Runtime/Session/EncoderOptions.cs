namespace ModelCompiler.Runtime;

/// <summary>How a session runs; what it computes is fixed by its class.</summary>
public sealed class EncoderOptions
{
    /// <summary>Where it runs.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Threads of the CPU executor; 0 for one per logical processor.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Batches that a GPU runs at a time: each lane has a stream, buffers and graphs of its own. More callers wait in a
    /// queue, first come, first served.
    /// </summary>
    public int Lanes { get; init; } = 1;

    /// <summary>Folder with cubins that were compiled ahead of time; <c>kernels</c> beside the program where null.</summary>
    public string? KernelFolder { get; init; }

    /// <summary>Told of each kernel as it is had, from several threads: compiling a model's kernels can take a minute.</summary>
    public IProgress<KernelLoad>? KernelProgress { get; init; }

    /// <summary>Fills all intermediate buffers with NaN bits before each batch, so that a read of what no kernel wrote shows. For tests.</summary>
    internal bool Poison { get; init; }

    /// <summary>
    /// Runs the kernels of this architecture, by way of PTX, instead of those for the GPU at hand: slow, but the same code,
    /// so that kernels for GPUs that are not at hand can be tested.
    /// </summary>
    internal GpuArch? ThroughPtx { get; init; }

    /// <summary>Launches each kernel while the one ahead still ends (programmatic dependent launch), where the GPU can. Off for comparison.</summary>
    internal bool DependentLaunch { get; init; } = true;
}

/// <summary>A kernel of a session is there.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="Done">Kernels that are there, this one included.</param>
/// <param name="Total">All kernels.</param>
public sealed record KernelLoad(string Name, Cuda.Compilation.KernelOrigin Origin, int Done, int Total);
