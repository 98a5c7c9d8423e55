using System.Runtime.InteropServices;

namespace ModelCompiler.Cuda.Driver;

/// <summary>Counts what this process holds of the driver, so that tests can see that nothing leaks.</summary>
public static class CudaHandles
{
    private static int _live;

    /// <summary>Contexts, modules, streams, events, graphs and allocations that are not released yet.</summary>
    public static int Live => Volatile.Read(ref _live);

    internal static void Opened() => Interlocked.Increment(ref _live);

    internal static void Closed() => Interlocked.Decrement(ref _live);
}

/// <summary>A handle of the driver that lives in a context, and keeps that context alive.</summary>
internal sealed class CudaHandle : SafeHandle
{
    private readonly Func<nint, CudaResult> _release;
    private readonly ContextHandle _context;

    /// <summary>Takes over a handle that the driver has just made.</summary>
    /// <param name="context">Its context.</param>
    /// <param name="made">The handle.</param>
    /// <param name="release">Gives it back; called with the context current.</param>
    public CudaHandle(ContextHandle context, nint made, Func<nint, CudaResult> release)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        _context = context;
        _release = release;
        bool added = false;
        context.DangerousAddRef(ref added);
        SetHandle(made);
        CudaHandles.Opened();
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The driver's handle.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public nint Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    protected override bool ReleaseHandle()
    {
        CudaResult result;
        using (_context.Enter())
            result = _release(handle);
        _context.DangerousRelease();
        CudaHandles.Closed();
        return result == CudaResult.Success;
    }
}

/// <summary>A retained primary context: the one that every CUDA library of the process shares.</summary>
internal sealed class ContextHandle : SafeHandle
{
    private readonly int _device;

    private ContextHandle(nint context, int device)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        _device = device;
        SetHandle(context);
        CudaHandles.Opened();
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Retains the primary context of a device.</summary>
    public static ContextHandle Retain(int device)
    {
        CudaException.ThrowOn(CudaNative.cuDevicePrimaryCtxRetain(out nint context, device), $"cuDevicePrimaryCtxRetain of device {device}");
        return new(context, device);
    }

    /// <summary>Makes the context current on this thread until the result is disposed of.</summary>
    public Entered Enter()
    {
        CudaException.ThrowOn(CudaNative.cuCtxPushCurrent(handle), "cuCtxPushCurrent");
        return default;
    }

    protected override bool ReleaseHandle()
    {
        CudaHandles.Closed();
        return CudaNative.cuDevicePrimaryCtxRelease(_device) == CudaResult.Success;
    }

    /// <summary>The current context of a thread, until it is left.</summary>
    public readonly ref struct Entered
    {
        /// <summary>Makes the thread's former context current again.</summary>
        public void Dispose() => _ = CudaNative.cuCtxPopCurrent(out _);
    }
}
