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
    private readonly LaneAddresses _lane;
    private readonly int _multiprocessors;
    private readonly bool _dependent;

    private LaneBucket(GpuModel model, BucketPlan plan, BatchLayout layout, BoundLaunch[] launches, LaneAddresses lane)
    {
        (_kernels, Plan, Layout, Launches, _lane) = (model.Kernels, plan, layout, launches, lane);
        _multiprocessors = model.Context.Info.Multiprocessors;
        _dependent = model.Options.DependentLaunch && model.Target.Arch.HasClusters();
        ReadsTiles = launches.Any(bound => bound.Launch.Kernel is QkvAttentionKernel);
    }

    public BucketPlan Plan { get; }

    public BatchLayout Layout { get; }

    public BoundLaunch[] Launches { get; }

    /// <summary>True where a kernel reads the batch's tiles.</summary>
    public bool ReadsTiles { get; }

    public LaneGraph Graph { get; private set; } = null!; // set by Capture, the only way to make one

    /// <summary>Binds a bucket to a lane's memory and captures its graph; nothing runs yet.</summary>
    public static LaneBucket Capture(GpuModel model, BucketPlan plan, CudaStream stream, LaneAddresses lane, ulong batch)
    {
        BatchLayout layout = BatchLayout.For(plan.Tokens);
        BoundLaunch[] launches = BucketLaunches.Build(model.Plan, plan, model.Weights, layout.At(batch), lane, model.Context);
        var bucket = new LaneBucket(model, plan, layout, launches, lane);
        bucket.Graph = bucket.Capture(stream, static _ => true);
        return bucket;
    }

    /// <summary>Captures the launches that are chosen, in order, as the bucket's own graph would run them.</summary>
    public LaneGraph Capture(CudaStream stream, Func<KernelLaunch, bool> chosen)
    {
        stream.BeginCapture();
        try
        {
            QueueFill(stream);
            bool follows = false;
            for (int i = 0; i < Launches.Length; i++)
            {
                if (!chosen(Launches[i].Launch))
                    continue;
                // The first kernel follows a copy, which it has to wait for as a whole.
                Queue(i, stream, _dependent && follows);
                follows = true;
            }
        }
        catch
        {
            stream.AbandonCapture();
            throw;
        }

        return new(Plan, stream.EndCapture());
    }

    /// <summary>Queues what has to happen before the first launch: rendezvous memory becomes zero.</summary>
    public void Prepare(in LaunchTurn turn) => QueueFill(turn.StreamFor(Plan));

    /// <summary>Queues one launch by itself, which starts when all ahead of it has ended.</summary>
    public void Launch(in LaunchTurn turn, int index) => Queue(index, turn.StreamFor(Plan), dependent: false);

    /// <summary>Device address of a buffer's rows.</summary>
    public ulong AddressOf(int buffer) => _lane.Arena + (ulong)Plan.Arena.Offsets[buffer];

    /// <summary>How a buffer's rows lie there.</summary>
    public DeviceBufferCodec Codec(int buffer) => new(Plan.Buffers[buffer], Plan.Tokens);

    public void Dispose() => Graph.Dispose();

    private void QueueFill(CudaStream stream)
    {
        if (Plan.RendezvousBytes > 0)
            stream.Fill(_lane.Rendezvous, 0, Plan.RendezvousBytes);
    }

    private void Queue(int index, CudaStream stream, bool dependent)
    {
        (KernelLaunch launch, byte[] argument) = Launches[index];
        CudaFunction function = _kernels[launch.Kernel];
        LaunchShape shape = launch.Kernel.ShapeIn(Plan.Tokens, s => function.BlocksAtATime(s, _multiprocessors), dependent);
        stream.Launch(function, shape, argument);
    }
}
