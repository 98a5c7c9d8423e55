using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Compiles kernels behind the measurement, in the order in which it will want them, and loads each when it does.</summary>
internal sealed class KernelPipeline : IDisposable
{
    private readonly Dictionary<string, TaskCompletionSource<KernelOutcome>> _pending;
    private readonly Dictionary<string, (CudaModule Module, CudaFunction Function)> _loaded = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Starts compiling.</summary>
    /// <param name="kernels">Kernels in the order of their use; repetitions are dropped.</param>
    /// <param name="compiler">Compiles them.</param>
    public KernelPipeline(IEnumerable<KernelPlan> kernels, KernelCompiler compiler)
    {
        KernelPlan[] distinct = [.. kernels.DistinctBy(k => k.Name)];
        _pending = distinct.ToDictionary(k => k.Name, _ => new TaskCompletionSource<KernelOutcome>(TaskCreationOptions.RunContinuationsAsynchronously));
        KernelRequest[] requests =
            [.. distinct.Select(KernelRenderer.Render).Select(k => new KernelRequest(new KernelSource(k.Name, k.Source), k.Arch))];
        compiler.CompileAllAsync(requests, progress: new Relay(this), cancellation: _stop.Token).ContinueWith(Fail, TaskScheduler.Default);
    }

    /// <summary>A kernel that is ready to launch; waits until it is compiled.</summary>
    /// <exception cref="KernelCompilationException">It does not compile.</exception>
    /// <exception cref="CudaException">It does not load.</exception>
    public CudaFunction Get(CudaContext context, KernelPlan kernel)
    {
        if (_loaded.TryGetValue(kernel.Name, out (CudaModule, CudaFunction Function) loaded))
            return loaded.Function;
        KernelOutcome outcome = _pending[kernel.Name].Task.GetAwaiter().GetResult();
        if (outcome is not KernelOutcome.Ready ready)
            throw ((KernelOutcome.Failed)outcome).Error;
        CudaModule module = context.LoadModule(ready.Kernel.Cubin.Span, kernel.Name);
        try
        {
            CudaFunction function = module.Function(kernel.Name);
            function.Prepare(kernel.SharedBytes, kernel.ClusterSize, kernel.Arch.HasClusters());
            _loaded.Add(kernel.Name, (module, function));
            return function;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Compiles no more.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Stops and unloads all. Not while the GPU runs one.</summary>
    public void Dispose()
    {
        Stop();
        foreach ((CudaModule module, _) in _loaded.Values)
            module.Dispose();
    }

    /// <summary>What ends the whole compilation, such as a missing compiler, ends every wait.</summary>
    private void Fail(Task<System.Collections.Immutable.ImmutableArray<KernelOutcome>> ended)
    {
        foreach (TaskCompletionSource<KernelOutcome> pending in _pending.Values)
        {
            if (ended.Exception is { } exception)
                pending.TrySetException(exception.InnerExceptions);
            else if (ended.IsCanceled)
                pending.TrySetCanceled();
        }
    }

    private sealed class Relay(KernelPipeline owner) : IProgress<KernelProgress>
    {
        public void Report(KernelProgress value) => owner._pending[value.Outcome.Request.Source.Name].TrySetResult(value.Outcome);
    }
}
