using ModelCompiler.Conformance.Ops;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance;

/// <summary>
/// The GPU session of a case, with all intermediate values filled with NaN bits before each batch.
/// </summary>
public sealed class GpuConformanceExecutor : IConformanceExecutor, IOpExecutor
{
    private readonly EncoderSession _session;

    private GpuConformanceExecutor(EncoderSession session, string name) => (_session, Name) = (session, name);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Makes the sessions of a GPU.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="throughPtx">Another architecture whose kernels are to be proven on this GPU by way of PTX; its own where null.</param>
    /// <param name="kernels">Told of each kernel and where it came from.</param>
    public static ExecutorFactory On(Device device, GpuArch? throughPtx = null, IProgress<KernelLoad>? kernels = null) => (conformanceCase, plan, weights) =>
    {
        var options = new EncoderOptions { Device = device, ThroughPtx = throughPtx, Poison = true, KernelProgress = kernels };
        EncoderSession session = EncoderSession.Load(Descriptor(conformanceCase, plan, throughPtx), weights, options);
        var gpu = (GpuExecutor)session.Executor;
        return new GpuConformanceExecutor(session, $"{gpu.Model.Context.Info.Name}, {gpu.Model.Target.Arch.Name()} kernels{(throughPtx is null ? "" : " through PTX")}");
    };

    /// <summary>A class as the generator would have written it, for all targets or one.</summary>
    public static EncoderDescriptor Descriptor(ConformanceCase conformanceCase, ExecutionPlan plan, GpuArch? only = null)
    {
        GpuArch[] targets = only is { } arch ? [arch] : Enum.GetValues<GpuArch>();
        return new()
        {
            Name = conformanceCase.Name,
            Model = conformanceCase.Model,
            Scheme = conformanceCase.Scheme,
            Shapes = conformanceCase.Shapes,
            Targets = new(targets),
            PlanHash = PlanHash.Compute(plan, conformanceCase.Shapes),
            Kernels = () => [.. targets.SelectMany(t => Scheduler.Schedule(plan, conformanceCase.Shapes, t).Kernels).Select(KernelRenderer.Render)],
        };
    }

    /// <inheritdoc/>
    public void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types, ReadOnlySpan<int> lengths, Span<float> output, Span<float> hidden) =>
        _session.Forward(ids, types, lengths, output, hidden);

    /// <inheritdoc/>
    (int First, int Last) IOpExecutor.OpsWith(ConformanceBatch batch, int op) => ((GpuExecutor)_session.Executor).OpsWith(batch.Ids.Length, op);

    /// <inheritdoc/>
    BufferValues[] IOpExecutor.RunOp(ConformanceBatch batch, int op, IEnumerable<BufferValues> operands) =>
        ((GpuExecutor)_session.Executor).RunOp(batch.Ids, batch.Lengths, batch.Types, op, operands);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
