using System.Diagnostics;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Launches kernels and captures graphs as a session does, and waits for them, but not forever.</summary>
internal sealed class TuningStream : IDisposable
{
    /// <summary>No encoder takes so long; blocks that wait for each other in vain take forever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CudaContext _context;
    private readonly KernelPipeline _kernels;

    /// <summary>A stream for kernels, which it takes over.</summary>
    public TuningStream(CudaContext context, KernelPipeline kernels)
    {
        (_context, _kernels) = (context, kernels);
        Stream = context.CreateStream();
    }

    /// <summary>Where the launches are queued.</summary>
    public CudaStream Stream { get; }

    /// <summary>True once a kernel has taken the GPU down, or runs forever. Freeing memory would then wait for it.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Queues a launch.</summary>
    public void Launch(BoundLaunch bound, int tokens, bool dependent)
    {
        KernelPlan kernel = bound.Launch.Kernel;
        CudaFunction function = _kernels.Get(_context, kernel);
        LaunchShape shape = kernel.ShapeIn(tokens, s => function.BlocksAtATime(s, _context.Info.Multiprocessors), dependent);
        Stream.Launch(function, shape, bound.Argument);
    }

    /// <summary>Captures launches, each programmatically dependent on the one ahead.</summary>
    /// <param name="launches">In order.</param>
    /// <param name="tokens">Their bucket.</param>
    /// <param name="dependent">False where the GPU has no such launch.</param>
    /// <param name="rendezvous">Memory that is zero when the first starts; no bytes where there is none.</param>
    public CudaGraphExec Capture(IReadOnlyList<BoundLaunch> launches, int tokens, bool dependent, (ulong Address, long Bytes) rendezvous)
    {
        // Kernels are compiled and loaded outside of the capture, in which loading is not allowed.
        foreach (BoundLaunch launch in launches)
            _kernels.Get(_context, launch.Launch.Kernel);
        Stream.BeginCapture();
        try
        {
            if (rendezvous.Bytes > 0)
                Stream.Fill(rendezvous.Address, 0, rendezvous.Bytes);
            for (int i = 0; i < launches.Count; i++)
                Launch(launches[i], tokens, dependent && i > 0);
        }
        catch
        {
            Stream.AbandonCapture();
            throw;
        }

        return Stream.EndCapture();
    }

    /// <summary>Waits until everything that is queued has run.</summary>
    /// <param name="measured">What is being measured, for the error.</param>
    /// <exception cref="TuningInterruptedException">It does not end.</exception>
    public void Wait(string measured)
    {
        using CudaEvent end = _context.CreateEvent(timed: false);
        Stream.Record(end);
        long start = Stopwatch.GetTimestamp();
        while (!end.IsDone)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
            {
                IsLost = true;
                throw new TuningInterruptedException(measured, $"one that still runs after {Patience.TotalSeconds:0} s");
            }

            Thread.Yield();
        }
    }

    /// <summary>The error of a kernel that has taken the GPU down.</summary>
    public TuningInterruptedException Lost(string measured, CudaException error)
    {
        IsLost = true;
        return new(measured, error.Message.Split('\n')[0].TrimEnd('\r', '.'), error);
    }

    /// <summary>Stops compiling; frees stream and kernels, where the GPU is not lost.</summary>
    public void Dispose()
    {
        _kernels.Stop();
        if (IsLost)
            return;
        Stream.Dispose();
        _kernels.Dispose();
    }
}
