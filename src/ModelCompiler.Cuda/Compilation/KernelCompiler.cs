using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using ModelCompiler.Core;
using ModelCompiler.Cuda.Binary;
using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Cuda.Compilation;

/// <summary>
/// Turns kernel sources into machine code, by the cheapest way there is: a folder filled ahead of time, the user's cache,
/// the compiler. The compiler's library is opened only when the first folder does not suffice.
/// </summary>
/// <remarks>Any thread may call any member. Requests for the same kernel at the same time are served by one compilation.</remarks>
public sealed class KernelCompiler
{
    // Templates nest deeply; the compiler recurses with them.
    private const int WorkerStackBytes = 32 << 20;

    private readonly ConcurrentDictionary<CubinKey, Lazy<CompiledKernel>> _running = new();
    private readonly Func<NvrtcCompiler> _compiler;

    /// <summary>Creates a compiler of kernels.</summary>
    /// <param name="aheadOfTime">Folder that was filled ahead of time and is consulted first, whichever version filled it.</param>
    /// <param name="cache">Folder for what is compiled here, or null for none.</param>
    /// <param name="headers">Headers that kernels include; those of the project where null.</param>
    /// <param name="options">How to compile; <see cref="CompileOptions.Default"/> where null.</param>
    public KernelCompiler(
        CubinCache? aheadOfTime = null, CubinCache? cache = null, KernelHeaders? headers = null, CompileOptions? options = null)
        : this(NvrtcCompiler.Load, aheadOfTime, cache, headers, options)
    {
    }

    internal KernelCompiler(
        Func<NvrtcCompiler> compiler, CubinCache? aheadOfTime, CubinCache? cache, KernelHeaders? headers, CompileOptions? options)
    {
        if (cache is { IsReadOnly: true })
            throw new ArgumentException($"Kernels are to be stored in {cache.Folder}, which is opened as read-only.", nameof(cache));
        _compiler = compiler;
        AheadOfTime = aheadOfTime;
        Cache = cache;
        Headers = headers ?? KernelHeaders.Embedded;
        Options = options ?? CompileOptions.Default;
    }

    /// <summary>Folder that was filled ahead of time, or null.</summary>
    public CubinCache? AheadOfTime { get; }

    /// <summary>Folder for what is compiled here, or null.</summary>
    public CubinCache? Cache { get; }

    /// <summary>Headers that kernels include.</summary>
    public KernelHeaders Headers { get; }

    /// <summary>How to compile.</summary>
    public CompileOptions Options { get; }

    /// <summary>Address of a kernel by content, without the compiler's version.</summary>
    public string ContentOf(KernelRequest request) => CubinKey.ContentOf(
        request.Source, Headers.ReachableFrom(request.Source.Text), Options.ToArguments(request.Arch));

    /// <summary>Gets one kernel.</summary>
    /// <returns>The kernel and where it came from.</returns>
    /// <exception cref="KernelCompilationException">The kernel does not compile.</exception>
    /// <exception cref="NvrtcNotFoundException">The kernel must be compiled and there is no compiler.</exception>
    /// <exception cref="NvrtcException">The compiler failed for a reason other than the source.</exception>
    /// <exception cref="CubinCacheException">A folder cannot be used.</exception>
    public KernelOutcome.Ready Compile(KernelRequest request)
    {
        long start = Stopwatch.GetTimestamp();
        string content = ContentOf(request);
        (string name, GpuArch arch) = (request.Source.Name, request.Arch);

        CubinLookup? shipped = AheadOfTime?.FindAnyVersion(content, name, arch);
        if (shipped?.Kernel is not null)
            return Ready(shipped.Kernel, KernelOrigin.AheadOfTime, shipped.Damage);

        NvrtcCompiler compiler;
        try
        {
            compiler = _compiler();
        }
        catch (NvrtcNotFoundException)
        {
            // Without a compiler, what any version of it made here earlier is as good as can be.
            if (Cache?.FindAnyVersion(content, name, arch) is { Kernel: not null } old)
                return Ready(old.Kernel, KernelOrigin.Cache, shipped?.Damage ?? old.Damage);
            throw;
        }

        var key = new CubinKey(content, compiler.Version);
        CubinLookup? cached = Cache?.Find(key, name, arch);
        string? damage = shipped?.Damage ?? cached?.Damage;
        if (cached?.Kernel is not null)
            return Ready(cached.Kernel, KernelOrigin.Cache, damage);

        Lazy<CompiledKernel> run = _running.GetOrAdd(key, _ => new Lazy<CompiledKernel>(() => Build(compiler, request, key)));
        try
        {
            return Ready(run.Value, KernelOrigin.Compiled, damage);
        }
        finally
        {
            _running.TryRemove(KeyValuePair.Create(key, run));
        }

        KernelOutcome.Ready Ready(CompiledKernel kernel, KernelOrigin origin, string? met) =>
            new(request, Stopwatch.GetElapsedTime(start), kernel, origin, met);
    }

    /// <summary>
    /// Compiles one kernel to PTX, past all folders: for running the kernels of an older architecture on a later GPU, whose
    /// driver compiles them when they are loaded.
    /// </summary>
    /// <returns>The text, with its closing zero.</returns>
    /// <exception cref="KernelCompilationException">The kernel does not compile.</exception>
    public byte[] CompileToPtx(KernelRequest request)
    {
        NvrtcCompiler compiler = _compiler();
        (KernelSource source, GpuArch arch) = (request.Source, request.Arch);
        NvrtcCompilation result = compiler.Compile(
            source.FileName, source.Text, Headers.ReachableFrom(source.Text), Options.ToPtxArguments(arch));
        return result.Cubin ?? throw new KernelCompilationException(source, arch, $"NVRTC {compiler.Version} found errors", result.Log, Headers);
    }

    /// <summary>
    /// Gets many kernels on several threads. One that does not compile does not stop the others; an error that concerns
    /// all of them, such as a missing compiler, does.
    /// </summary>
    /// <param name="requests">What to get.</param>
    /// <param name="threads">Threads to compile on; all processors where 0.</param>
    /// <param name="progress">Told of each request as it ends, from the compiling threads, one call at a time.</param>
    /// <param name="cancellation">Stops before the next request is taken up; a running compilation is not cut short.</param>
    /// <returns>One outcome for each request, in the order of the requests.</returns>
    /// <exception cref="NvrtcNotFoundException">A kernel must be compiled and there is no compiler.</exception>
    /// <exception cref="NvrtcException">The compiler failed for a reason other than the source.</exception>
    /// <exception cref="CubinCacheException">A folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public Task<ImmutableArray<KernelOutcome>> CompileAllAsync(
        IEnumerable<KernelRequest> requests, int threads = 0, IProgress<KernelProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        var batch = new Batch(this, requests.ToArray(), progress, cancellation);
        return batch.Run(threads == 0 ? Environment.ProcessorCount : threads);
    }

    private CompiledKernel Build(NvrtcCompiler compiler, KernelRequest request, CubinKey key)
    {
        (KernelSource source, GpuArch arch) = (request.Source, request.Arch);
        if (!compiler.Supports(arch))
            throw Error(
                $"NVRTC {compiler.Version} of {compiler.Location} does not know this architecture; "
                + $"it knows {string.Join(", ", compiler.SupportedArchitectures.Select(known => $"sm_{known}"))}", "");
        NvrtcCompilation result = compiler.Compile(
            source.FileName, source.Text, Headers.ReachableFrom(source.Text), Options.ToArguments(arch));
        if (result.Cubin is null)
            throw Error(
                result.Result == NvrtcResult.InvalidOption
                    ? $"NVRTC {compiler.Version} rejects an option of: {string.Join(' ', Options.ToArguments(arch))}"
                    : $"NVRTC {compiler.Version} found errors", result.Log);

        CubinFile cubin = CubinFile.Parse(result.Cubin);
        CubinKernel? code = cubin.Kernels.FirstOrDefault(kernel => kernel.Name == source.Name);
        PtxasReport? report = PtxasReport.Parse(result.Log).FirstOrDefault(entry => entry.Function == source.Name);
        if (code is null || report is null)
            throw Error(
                $"the source defines no entry function of that name as extern \"C\" __global__; it defines "
                + $"{(cubin.Kernels.IsEmpty ? "none" : string.Join(", ", cubin.Kernels.Select(kernel => kernel.Name)))}",
                result.Log);

        var resources = new KernelResources(
            report.Registers, report.SharedBytes, report.StackFrameBytes, report.SpillStoreBytes, report.SpillLoadBytes,
            code.ConstantBytes);
        var compiled = new CompiledKernel(source.Name, arch, key, result.Cubin, resources, result.Log);
        Cache?.Store(compiled);
        return compiled;

        KernelCompilationException Error(string reason, string log) => new(source, arch, reason, log, Headers);
    }

    /// <summary>One call of <see cref="CompileAllAsync"/>: workers take the next request until none is left.</summary>
    private sealed class Batch(
        KernelCompiler owner, KernelRequest[] requests, IProgress<KernelProgress>? progress, CancellationToken cancellation)
    {
        private readonly KernelOutcome?[] _outcomes = new KernelOutcome?[requests.Length];
        private readonly TaskCompletionSource<ImmutableArray<KernelOutcome>> _end =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly Lock _lock = new();
        private int _next = -1;
        private int _done;
        private int _workers;
        private ExceptionDispatchInfo? _fatal;

        public Task<ImmutableArray<KernelOutcome>> Run(int threads)
        {
            _workers = Math.Min(threads, requests.Length);
            if (_workers == 0)
                return Task.FromResult(ImmutableArray<KernelOutcome>.Empty);
            int workers = _workers;
            for (int i = 0; i < workers; i++)
            {
                new Thread(Work, WorkerStackBytes) { IsBackground = true, Name = $"kernel compiler {i}" }.Start();
            }

            return _end.Task;
        }

        private void Work()
        {
            try
            {
                while (_fatal is null && !cancellation.IsCancellationRequested
                       && Interlocked.Increment(ref _next) is var index && index < requests.Length)
                    Finish(index, Get(requests[index]));
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref _fatal, ExceptionDispatchInfo.Capture(exception), null);
            }

            if (Interlocked.Decrement(ref _workers) == 0)
                End();
        }

        private KernelOutcome Get(KernelRequest request)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                return owner.Compile(request);
            }
            catch (KernelCompilationException error)
            {
                return new KernelOutcome.Failed(request, Stopwatch.GetElapsedTime(start), error);
            }
        }

        private void Finish(int index, KernelOutcome outcome)
        {
            _outcomes[index] = outcome;
            lock (_lock)
                progress?.Report(new KernelProgress(++_done, requests.Length, outcome));
        }

        private void End()
        {
            if (_fatal is { } fatal)
                _end.SetException(fatal.SourceException);
            else if (_outcomes.Contains(null))
                _end.SetCanceled(cancellation);
            else
                _end.SetResult([.. _outcomes.Select(outcome => outcome!)]);
        }
    }
}
