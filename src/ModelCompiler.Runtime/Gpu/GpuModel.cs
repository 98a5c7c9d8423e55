using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>What all lanes of a session share: the GPU, its plan, kernels and weights. Immutable once it is loaded.</summary>
internal sealed class GpuModel : IDisposable
{
    private GpuModel(
        CudaContext context, ExecutionPlan plan, TargetPlan target, GpuKernels kernels, DeviceWeights weights, GpuMemoryPlan memory, EncoderOptions options)
    {
        (Context, Plan, Target, Kernels, Weights, Memory, Options) = (context, plan, target, kernels, weights, memory, options);
    }

    public CudaContext Context { get; }

    public ExecutionPlan Plan { get; }

    public TargetPlan Target { get; }

    public GpuKernels Kernels { get; }

    public DeviceWeights Weights { get; }

    public GpuMemoryPlan Memory { get; }

    public EncoderOptions Options { get; }

    /// <summary>Opens the GPU, has the kernels and uploads the weights. What was made is undone where a later step fails.</summary>
    /// <exception cref="CudaException">There is no driver or no such GPU, or a call failed.</exception>
    /// <exception cref="GpuArchitectureException">The class has no kernels for the GPU.</exception>
    /// <exception cref="GpuMemoryException">Its memory does not suffice.</exception>
    public static GpuModel Load(EncoderDescriptor descriptor, ExecutionPlan plan, Func<ModelWeights> weights, EncoderOptions options)
    {
        CudaContext context = CudaContext.Open(options.Device.Ordinal);
        GpuKernels? kernels = null;
        DeviceWeights? uploaded = null;
        try
        {
            GpuArch arch = options.ThroughPtx ?? context.Info.Choose(descriptor.Targets)
                ?? throw new GpuArchitectureException(descriptor.Name, descriptor.Targets, context.Info);
            TargetPlan target = Scheduler.Schedule(plan, descriptor.Shapes, arch, descriptor.TunedKernels);
            if (target.Findings.Count > 0)
                throw new ModelCompilerException($"{descriptor.Name}: expected a schedule that {arch.Name()} can run, found: {string.Join("; ", target.Findings)}");
            var memory = GpuMemoryPlan.For(target, WeightImage.SizeOf(plan, target), options.Lanes);
            memory.Require(descriptor.Name, context);

            // Kernels come from disk or the compiler, weights from disk and the packer: side by side.
            Task<WeightImage> packing = Task.Run(() => WeightImage.Pack(plan, target, weights()));
            try
            {
                kernels = GpuKernels.Load(context, descriptor, target, options);
            }
            catch
            {
                // The packer must have ended before its result is dropped; its own error matters less than this one.
                if (((IAsyncResult)packing).AsyncWaitHandle.WaitOne() && packing.IsCompletedSuccessfully)
                    packing.Result.Dispose();
                throw;
            }

            using WeightImage image = packing.GetAwaiter().GetResult();
            uploaded = DeviceWeights.Upload(context, image);
            return new(context, plan, target, kernels, uploaded, memory, options);
        }
        catch
        {
            uploaded?.Dispose();
            kernels?.Dispose();
            context.Dispose();
            throw;
        }
    }

    /// <summary>Frees weights and kernels. After the lanes.</summary>
    public void Dispose()
    {
        Weights.Dispose();
        Kernels.Dispose();
        Context.Dispose();
    }
}
