using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Runtime.Gpu;

/// <summary>A bucket in a lane: its launches with all addresses in them, and the graph that they were captured into.</summary>
internal sealed class LaneBucket : IDisposable
{
    private readonly GpuKernels _kernels;
    private readonly ulong _arena;
    private readonly bool _dependent;

    private LaneBucket(GpuKernels kernels, BucketPlan plan, BatchLayout layout, BoundLaunch[] launches, ulong arena, bool dependent)
    {
        (_kernels, Plan, Layout, Launches, _arena, _dependent) = (kernels, plan, layout, launches, arena, dependent);
    }

    public BucketPlan Plan { get; }

    public BatchLayout Layout { get; }

    public BoundLaunch[] Launches { get; }

    public CudaGraphExec Graph { get; private set; } = null!; // set by Capture, the only way to make one

    /// <summary>Binds a bucket to a lane's memory and captures its graph; nothing runs yet.</summary>
    public static LaneBucket Capture(GpuModel model, BucketPlan plan, CudaStream stream, ulong arena, ulong batch)
    {
        BatchLayout layout = BatchLayout.For(plan.Tokens);
        var addresses = new BatchAddresses
        {
            TokenCount = batch + (ulong)layout.TokenCount,
            SequenceCount = batch + (ulong)layout.SequenceCount,
            SequenceStarts = batch + (ulong)layout.SequenceStarts,
            TokenIds = batch + (ulong)layout.TokenIds,
            TypeIds = batch + (ulong)layout.TypeIds,
        };
        BoundLaunch[] launches = BucketLaunches.Build(model.Plan, plan, model.Weights, addresses, arena);
        bool dependent = model.Options.DependentLaunch && model.Target.Arch.HasClusters();
        var bucket = new LaneBucket(model.Kernels, plan, layout, launches, arena, dependent);
        bucket.Graph = bucket.Capture(stream, static _ => true);
        return bucket;
    }

    /// <summary>Captures the launches that are chosen, in order, as the bucket's own graph would run them.</summary>
    public CudaGraphExec Capture(CudaStream stream, Func<KernelLaunch, bool> chosen)
    {
        stream.BeginCapture();
        try
        {
            bool follows = false;
            for (int i = 0; i < Launches.Length; i++)
            {
                if (!chosen(Launches[i].Launch))
                    continue;
                // The first kernel follows a copy, which it has to wait for as a whole.
                Launch(i, stream, _dependent && follows);
                follows = true;
            }
        }
        catch
        {
            stream.AbandonCapture();
            throw;
        }

        return stream.EndCapture();
    }

    /// <summary>Queues one launch.</summary>
    public void Launch(int index, CudaStream stream, bool dependent)
    {
        (KernelLaunch launch, byte[] argument) = Launches[index];
        KernelPlan kernel = launch.Kernel;
        (int x, int y) = kernel.Grid(Plan.Tokens);
        stream.Launch(_kernels[kernel], new(x, y, kernel.Threads, kernel.SharedBytes, kernel.ClusterSize, dependent), argument);
    }

    /// <summary>Device address of a buffer's rows.</summary>
    public ulong AddressOf(int buffer) => _arena + (ulong)Plan.Arena.Offsets[buffer];

    /// <summary>How a buffer's rows lie there.</summary>
    public DeviceBufferCodec Codec(int buffer)
    {
        DeviceBuffer device = Plan.Buffers[buffer];
        return new(device, device.Rows == RowDomain.Tokens ? Plan.Tokens : ShapeSet.MaxSequences(Plan.Tokens));
    }

    public void Dispose() => Graph.Dispose();
}
