namespace ModelCompiler.Cuda.Driver;

/// <summary>A queue of work for the GPU. One thread at a time.</summary>
public sealed unsafe class CudaStream : IDisposable
{
    private readonly CudaContext _context;
    private readonly CudaHandle _handle;

    internal CudaStream(CudaContext context, CudaHandle handle)
    {
        _context = context;
        _handle = handle;
    }

    internal nint Value => _handle.Value;

    /// <summary>Queues a kernel whose one parameter is a struct by value.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="shape">Grid, block, cluster.</param>
    /// <param name="argument">Bytes of the struct; copied before the call returns.</param>
    public void Launch(CudaFunction function, in LaunchShape shape, ReadOnlySpan<byte> argument)
    {
        CudaLaunchAttribute* attributes = stackalloc CudaLaunchAttribute[2];
        CudaLaunchConfig config = CudaLaunchConfig.Of(shape, _handle.Value, attributes);
        fixed (byte* bytes = argument)
        {
            void* parameter = bytes;
            using (_context.Handle.Enter())
                CudaException.ThrowOn(CudaNative.cuLaunchKernelEx(&config, function.Handle, &parameter, null), $"Launching {function.Name} {shape}");
        }
    }

    /// <summary>Queues a copy from host memory, pinned where it is to be asynchronous.</summary>
    public void CopyToDevice(ulong target, byte* source, long bytes)
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuMemcpyHtoDAsync(target, source, (nuint)bytes, _handle.Value), $"Copying {bytes} bytes to the GPU");
    }

    /// <summary>Queues a copy to host memory, pinned where it is to be asynchronous.</summary>
    public void CopyToHost(byte* target, ulong source, long bytes)
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuMemcpyDtoHAsync(target, source, (nuint)bytes, _handle.Value), $"Copying {bytes} bytes from the GPU");
    }

    /// <summary>Copies to the device and waits.</summary>
    public void Upload(ulong target, ReadOnlySpan<byte> source)
    {
        fixed (byte* bytes = source)
            CopyToDevice(target, bytes, source.Length);
        Synchronize();
    }

    /// <summary>Copies from the device and waits, behind everything that is queued.</summary>
    public void Download(Span<byte> target, ulong source)
    {
        fixed (byte* bytes = target)
        {
            CopyToHost(bytes, source, target.Length);
            Synchronize();
        }
    }

    /// <summary>Queues filling device memory with a byte.</summary>
    public void Fill(ulong target, byte value, long bytes)
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuMemsetD8Async(target, value, (nuint)bytes, _handle.Value), $"Filling {bytes} bytes");
    }

    /// <summary>Queues an event.</summary>
    public void Record(CudaEvent mark)
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuEventRecord(mark.Value, _handle.Value), "cuEventRecord");
    }

    /// <summary>Lets what is queued from here on wait for a mark, as it was queued last, of this or another stream.</summary>
    public void Wait(CudaEvent mark)
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuStreamWaitEvent(_handle.Value, mark.Value, 0), "cuStreamWaitEvent");
    }

    /// <summary>Waits until all that is queued is done.</summary>
    /// <exception cref="CudaException">Something that was queued failed.</exception>
    public void Synchronize()
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuStreamSynchronize(_handle.Value), "Work on the GPU");
    }

    /// <summary>From here on, work of this thread is recorded instead of queued.</summary>
    public void BeginCapture()
    {
        const int ThreadLocal = 1;
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuStreamBeginCapture(_handle.Value, ThreadLocal), "cuStreamBeginCapture");
    }

    /// <summary>Ends recording, makes what was recorded runnable and moves it to the GPU.</summary>
    public CudaGraphExec EndCapture()
    {
        using (_context.Handle.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuStreamEndCapture(_handle.Value, out nint graph), "cuStreamEndCapture");
            try
            {
                CudaException.ThrowOn(CudaNative.cuGraphInstantiateWithFlags(out nint made, graph, 0), "cuGraphInstantiate");
                var exec = new CudaGraphExec(_context, new(_context.Handle, made, CudaNative.cuGraphExecDestroy));
                CudaException.ThrowOn(CudaNative.cuGraphUpload(made, _handle.Value), "cuGraphUpload");
                return exec;
            }
            finally
            {
                _ = CudaNative.cuGraphDestroy(graph);
            }
        }
    }

    /// <summary>Drops what was recorded, after a launch that failed.</summary>
    public void AbandonCapture()
    {
        using (_context.Handle.Enter())
        {
            if (CudaNative.cuStreamEndCapture(_handle.Value, out nint graph) == CudaResult.Success && graph != 0)
                _ = CudaNative.cuGraphDestroy(graph);
        }
    }

    /// <summary>Destroys the stream; work that is queued still runs.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>Recorded work that runs as a whole. What it refers to, memory and modules, must outlive it.</summary>
public sealed class CudaGraphExec : IDisposable
{
    private readonly CudaContext _context;
    private readonly CudaHandle _handle;

    internal CudaGraphExec(CudaContext context, CudaHandle handle)
    {
        _context = context;
        _handle = handle;
    }

    /// <summary>Queues it.</summary>
    public void Launch(CudaStream stream)
    {
        using (_context.Handle.Enter())
            CudaException.ThrowOn(CudaNative.cuGraphLaunch(_handle.Value, stream.Value), "cuGraphLaunch");
    }

    /// <summary>Destroys it. Not while it runs.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>A mark in a stream.</summary>
public sealed class CudaEvent : IDisposable
{
    private readonly ContextHandle _context;
    private readonly CudaHandle _handle;

    internal CudaEvent(ContextHandle context, CudaHandle handle)
    {
        _context = context;
        _handle = handle;
    }

    internal nint Value => _handle.Value;

    /// <summary>True once everything in front of the mark is done.</summary>
    /// <exception cref="CudaException">Something in front of it failed.</exception>
    public bool IsDone
    {
        get
        {
            using (_context.Enter())
            {
                CudaResult result = CudaNative.cuEventQuery(_handle.Value);
                if (result == CudaResult.NotReady)
                    return false;
                CudaException.ThrowOn(result, "Work on the GPU");
                return true;
            }
        }
    }

    /// <summary>Waits for the mark.</summary>
    public void Synchronize()
    {
        using (_context.Enter())
            CudaException.ThrowOn(CudaNative.cuEventSynchronize(_handle.Value), "Work on the GPU");
    }

    /// <summary>Milliseconds between two marks that are done.</summary>
    public float ElapsedMilliseconds(CudaEvent since)
    {
        using (_context.Enter())
        {
            CudaException.ThrowOn(CudaNative.cuEventElapsedTime(out float milliseconds, since.Value, _handle.Value), "cuEventElapsedTime");
            return milliseconds;
        }
    }

    /// <summary>Destroys it.</summary>
    public void Dispose() => _handle.Dispose();
}
