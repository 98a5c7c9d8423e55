using ModelCompiler.Conformance.Ops;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Tests;

/// <summary>
/// Runs ops by handing out what the CPU executor once wrote, by way of a GPU's memory layout, and changes one result.
/// Throws where the operands are not the ones that the CPU executor had.
/// </summary>
internal sealed class ReplayingExecutor(
    ConformanceCase given, ExecutionPlan plan, ModelWeights weights, GpuArch arch, Func<BufferValues, BufferValues> fault) : IConformanceExecutor, IOpExecutor
{
    private readonly CpuConformanceExecutor _whole = new(plan, weights);
    private readonly BucketPlan _bucket = Scheduler.Schedule(plan, given.Shapes, arch).Buckets.First(b => b.Tokens >= given.Tokens);
    private readonly BufferValues[] _written = Trace(given, plan, weights);

    public string Name => "replay";

    public (int First, int Last) OpsWith(ConformanceBatch batch, int op)
    {
        KernelLaunch launch = _bucket.Launches.First(l => l.FirstOp <= op && op <= l.Op);
        return (launch.FirstOp, launch.Op);
    }

    public BufferValues[] RunOp(ConformanceBatch batch, int op, IEnumerable<BufferValues> operands)
    {
        foreach (BufferValues operand in operands)
        {
            BufferValues held = _written[operand.Buffer.Id];
            operand.Values.ShouldBe(held.Values);
            operand.Codes.ShouldBe(held.Codes);
            ThroughDevice(operand).Codes.ShouldBe(held.Codes);
        }

        return [.. plan.Buffers.Where(b => b.FirstOp == op).Select(b => fault(ThroughDevice(_written[b.Id])))];
    }

    public void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types, ReadOnlySpan<int> lengths, Span<float> output, Span<float> hidden) =>
        _whole.Run(ids, types, lengths, output, hidden);

    public void Dispose() => _whole.Dispose();

    private BufferValues ThroughDevice(BufferValues values)
    {
        DeviceBuffer device = _bucket.Buffers[values.Buffer.Id];
        var codec = new DeviceBufferCodec(device, device.Rows == RowDomain.Tokens ? _bucket.Tokens : ShapeSet.MaxSequences(_bucket.Tokens));
        return codec.Decode(values.Buffer, values.Rows, codec.Encode(values));
    }

    private static BufferValues[] Trace(ConformanceCase given, ExecutionPlan plan, ModelWeights weights)
    {
        ConformanceBatch batch = ConformanceBatch.Random(given.Model, given.SequenceLengths, given.Seed);
        using CpuWeights bound = CpuWeights.Bind(plan, weights);
        using var executor = new CpuExecutor(bound, new() { TokensPerPass = given.Tokens });
        var written = new BufferValues[plan.Buffers.Count];
        executor.Tracer = op =>
        {
            foreach (BufferValues values in op)
                written[values.Buffer.Id] = values;
        };
        executor.Run(batch.Ids, batch.Lengths, batch.Types, new float[executor.OutputLength(batch.Ids.Length, batch.Lengths.Length)]);
        return written;
    }
}
