using System.Collections.Immutable;
using ModelCompiler.Core;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>The kernels of a target plan, loaded and ready to launch.</summary>
internal sealed class GpuKernels : IDisposable
{
    /// <summary>Folder beside the program that a build with ahead-of-time kernels fills.</summary>
    public const string FolderName = "kernels";

    private readonly Dictionary<string, CudaFunction> _functions = [];
    private readonly List<CudaModule> _modules = [];

    private GpuKernels()
    {
    }

    /// <summary>Where each kernel came from, by name.</summary>
    public SortedDictionary<string, KernelOrigin> Origins { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets all kernels, from the folder of the program, the user's cache or the compiler, and loads them.</summary>
    /// <exception cref="KernelCompilationException">A kernel does not compile.</exception>
    /// <exception cref="CudaImageException">A kernel's image does not load.</exception>
    public static GpuKernels Load(CudaContext context, EncoderDescriptor descriptor, TargetPlan target, EncoderOptions options)
    {
        string folder = options.KernelFolder ?? Path.Combine(AppContext.BaseDirectory, FolderName);
        var compiler = new KernelCompiler(CubinCache.ReadOnly(folder), CubinCache.ForUser());
        Dictionary<string, RenderedKernel> rendered = descriptor.Kernels().Where(k => k.Arch == target.Arch).ToDictionary(k => k.Name);
        KernelRequest[] requests = [.. target.Kernels.Select(k => new KernelRequest(new(k.Name, SourceOf(rendered, k)), target.Arch))];
        if (options.ThroughPtx is not null)
            return ThroughPtx(context, compiler, target, requests);
        IProgress<KernelProgress>? progress = options.KernelProgress is { } told ? new Relay(told) : null;
        ImmutableArray<KernelOutcome> outcomes = compiler.CompileAllAsync(requests, progress: progress).GetAwaiter().GetResult();
        var kernels = new GpuKernels();
        try
        {
            for (int i = 0; i < outcomes.Length; i++)
            {
                if (outcomes[i] is not KernelOutcome.Ready ready)
                    throw ((KernelOutcome.Failed)outcomes[i]).Error;
                kernels.Add(context, target.Kernels[i], ready.Kernel.Cubin.Span, ready.Origin);
            }

            return kernels;
        }
        catch
        {
            kernels.Dispose();
            throw;
        }
    }

    /// <summary>The entry of a kernel.</summary>
    public CudaFunction this[KernelPlan kernel] => _functions[kernel.Name];

    /// <summary>Unloads all. Not while the GPU runs one.</summary>
    public void Dispose()
    {
        foreach (CudaModule module in _modules)
            module.Dispose();
    }

    private static GpuKernels ThroughPtx(CudaContext context, KernelCompiler compiler, TargetPlan target, KernelRequest[] requests)
    {
        var texts = new byte[requests.Length][];
        Parallel.For(0, requests.Length, i => texts[i] = compiler.CompileToPtx(requests[i]));
        var kernels = new GpuKernels();
        try
        {
            for (int i = 0; i < texts.Length; i++)
                kernels.Add(context, target.Kernels[i], texts[i], KernelOrigin.Compiled);
            return kernels;
        }
        catch
        {
            kernels.Dispose();
            throw;
        }
    }

    private void Add(CudaContext context, KernelPlan plan, ReadOnlySpan<byte> image, KernelOrigin origin)
    {
        CudaModule module = context.LoadModule(image, plan.Name);
        _modules.Add(module);
        CudaFunction function = module.Function(plan.Name);
        function.Prepare(plan.SharedBytes, plan.ClusterSize, plan.Arch.HasClusters());
        _functions.Add(plan.Name, function);
        Origins.Add(plan.Name, origin);
    }

    private static string SourceOf(Dictionary<string, RenderedKernel> rendered, KernelPlan kernel) =>
        rendered.TryGetValue(kernel.Name, out RenderedKernel? found)
            ? found.Source
            : throw new ModelCompilerException($"Kernel '{kernel.Name}': expected it among the {rendered.Count} that the class was generated with, found none.");

    private sealed class Relay(IProgress<KernelLoad> told) : IProgress<KernelProgress>
    {
        public void Report(KernelProgress value)
        {
            if (value.Outcome is KernelOutcome.Ready ready)
                told.Report(new(ready.Kernel.Name, ready.Origin, value.Done, value.Total));
        }
    }
}
