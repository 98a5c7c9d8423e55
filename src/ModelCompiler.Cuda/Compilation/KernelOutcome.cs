using ModelCompiler.Core;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>A kernel to be had for an architecture.</summary>
/// <param name="Source">The kernel.</param>
/// <param name="Arch">Architecture to compile for.</param>
public sealed record KernelRequest(KernelSource Source, GpuArch Arch)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source.Name} {Arch.Name()}";
}

/// <summary>Where a compiled kernel came from.</summary>
public enum KernelOrigin
{
    /// <summary>Compiled just now.</summary>
    Compiled,

    /// <summary>Read from the user's cache.</summary>
    Cache,

    /// <summary>Read from the folder that was filled ahead of time.</summary>
    AheadOfTime,
}

/// <summary>How a request ended: <see cref="Ready"/> or <see cref="Failed"/>.</summary>
public abstract record KernelOutcome
{
    private KernelOutcome(KernelRequest request, TimeSpan elapsed)
    {
        Request = request;
        Elapsed = elapsed;
    }

    /// <summary>What was asked for.</summary>
    public KernelRequest Request { get; }

    /// <summary>Time from taking up the request to its end.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The kernel is there.</summary>
    public sealed record Ready : KernelOutcome
    {
        /// <summary>Creates the outcome.</summary>
        public Ready(
            KernelRequest request, TimeSpan elapsed, CompiledKernel kernel, KernelOrigin origin, string? damage)
            : base(request, elapsed)
        {
            Kernel = kernel;
            Origin = origin;
            Damage = damage;
        }

        /// <summary>The kernel.</summary>
        public CompiledKernel Kernel { get; }

        /// <summary>Where it came from.</summary>
        public KernelOrigin Origin { get; }

        /// <summary>Path and fault of a damaged file that was met on the way and replaced or passed over, or null.</summary>
        public string? Damage { get; }
    }

    /// <summary>The kernel does not compile.</summary>
    public sealed record Failed : KernelOutcome
    {
        /// <summary>Creates the outcome.</summary>
        public Failed(KernelRequest request, TimeSpan elapsed, KernelCompilationException error)
            : base(request, elapsed) => Error = error;

        /// <summary>Why.</summary>
        public KernelCompilationException Error { get; }
    }
}

/// <summary>A step of compiling many kernels.</summary>
/// <param name="Done">Requests that have ended, this one included.</param>
/// <param name="Total">All requests.</param>
/// <param name="Outcome">How this one ended.</param>
public sealed record KernelProgress(int Done, int Total, KernelOutcome Outcome);
