using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tests.Session;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>
/// Two lanes of a small encoder on the recording driver. Blocks of its large bucket wait for others of their kernel, those of its
/// small one do not. Its kernels are empty files.
/// </summary>
public sealed class RecordedLanes : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kernels-").FullName;
    private readonly GpuModel? _model;
    private readonly string _firstStream = "", _secondStream = "", _firstDone = "", _secondDone = "";

    public RecordedLanes()
    {
        if (RecordingDriver.Missing is not null)
            return;
        RecordingDriver.Install();
        ModelFolder files = ModelFolder.Open(ModelFixtures.TinyBert);
        EncoderDescriptor descriptor = FolderDescriptor.Create(
            "tiny", files.Config, new(new QuantizeArguments((int)Precision.W4A4, Weights: 0, Activations: 0, GroupSize: 0)), EncoderHead.None,
            new(new(32, 1024)), new(GpuArch.Sm90a));
        WriteKernels(descriptor);
        ExecutionPlan plan = DescriptorPlan.Of(descriptor);
        _model = GpuModel.Load(descriptor, plan, () => files.LoadWeights(plan), new() { KernelFolder = _folder, Device = Device.Cuda(0) });
        First = Make();
        Second = Make();
        (_firstStream, _firstDone) = Names(First);
        (_secondStream, _secondDone) = Names(Second);
    }

    /// <summary>Ids of a batch in the bucket whose kernels wait, and of one in the other.</summary>
    public static int[] Waiting { get; } = new int[40];

    /// <inheritdoc cref="Waiting"/>
    public static int[] Free { get; } = new int[20];

    internal GpuLane First { get; } = null!; // no test runs without the driver

    internal GpuLane Second { get; } = null!;

    /// <summary>An op of one kernel whose blocks wait for each other.</summary>
    internal int WaitingOp => BucketOf(Waiting).Launches.First(launch => launch.Rendezvous is not null).Op;

    internal BucketPlan BucketOf(int[] ids) => _model!.Target.Buckets.First(bucket => ids.Length <= bucket.Tokens);

    /// <summary>A lane that the caller frees.</summary>
    internal GpuLane Make() => new(_model!);

    /// <summary>Zeros for all that an op reads.</summary>
    internal IEnumerable<BufferValues> OperandsOf(int op) => BufferValues.ReadBy(_model!.Plan.Ops[op]).Select(id =>
    {
        PlanBuffer buffer = _model.Plan.Buffers[id];
        int count = Waiting.Length * buffer.Columns;
        return buffer.Element == BufferElement.Codes
            ? new BufferValues(buffer, Waiting.Length) { Codes = new short[count], Scales = new float[Waiting.Length], Minimums = new float[Waiting.Length] }
            : new BufferValues(buffer, Waiting.Length) { Values = new float[count] };
    });

    /// <summary>What an action on a lane queues.</summary>
    internal string[] Queued(GpuLane lane, Action<GpuLane> action)
    {
        RecordingDriver.Clear();
        action(lane);
        return Read();
    }

    /// <summary>
    /// What was queued since the log was cleared, a verb and a name each: of the lane, or <c>mark</c> for an event that orders nothing.
    /// </summary>
    internal string[] Read() => [.. RecordingDriver.Read().Select(line =>
    {
        string[] words = line.Split(' ');
        string lane = words[1] == _firstStream ? "first" : words[1] == _secondStream ? "second" : words[1];
        return words[0] is "wait" or "record"
            ? $"{words[0]} {(words[2] == _firstDone ? "first" : words[2] == _secondDone ? "second" : "mark")}"
            : $"{words[0]} {lane}";
    })];

    public void Dispose()
    {
        First?.Dispose();
        Second?.Dispose();
        _model?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Stream and event of a lane: a batch records no other one.</summary>
    private static (string Stream, string Done) Names(GpuLane lane)
    {
        RecordingDriver.Clear();
        lane.Run(Waiting, [Waiting.Length], [], new float[Waiting.Length * 128], []);
        string[] record = RecordingDriver.Read().Single(line => line.StartsWith("record", StringComparison.Ordinal)).Split(' ');
        return (record[1], record[2]);
    }

    /// <summary>Stores files in the place of kernels, as if they had been compiled ahead of time.</summary>
    private void WriteKernels(EncoderDescriptor descriptor)
    {
        var compiler = new KernelCompiler();
        CubinCache cache = CubinCache.At(_folder);
        foreach (RenderedKernel kernel in descriptor.Kernels())
        {
            string content = compiler.ContentOf(new(new(kernel.Name, kernel.Source), kernel.Arch));
            cache.Store(new(kernel.Name, kernel.Arch, new(content, new NvrtcVersion(12, 4)), new byte[1], new(0, 0, 0, 0, 0, 0), ""));
        }
    }
}
