using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;

namespace ModelCompiler.Tool.Loading;

/// <summary>A class, planned and scheduled for its targets.</summary>
/// <param name="Descriptor">The class.</param>
/// <param name="Plan">Fused ops and buffers.</param>
/// <param name="Targets">Kernels, launches and memory of each target.</param>
public sealed record Inspection(EncoderDescriptor Descriptor, ExecutionPlan Plan, IReadOnlyList<TargetPlan> Targets)
{
    private const int ScaleBytes = sizeof(float);

    /// <summary>Plans and schedules a class.</summary>
    /// <param name="descriptor">The class.</param>
    /// <param name="only">Of its targets, only these; all where empty.</param>
    public static Inspection Of(EncoderDescriptor descriptor, GpuArch[] only)
    {
        ExecutionPlan plan = Planner.Plan(descriptor.Model, descriptor.Scheme);
        return new(
            descriptor,
            plan,
            [.. descriptor.Targets.Where(t => only.Length == 0 || only.Contains(t)).Select(t => Scheduler.Schedule(plan, descriptor.Shapes, t, descriptor.TunedKernels))]);
    }

    /// <summary>Bytes of all weights as they are stored: packed codes with scales and minima, FP16 elsewhere.</summary>
    public long WeightBytes
    {
        get
        {
            EncoderModel model = Descriptor.Model;
            long halves = (long)(model.VocabularySize + model.MaxPositions + model.TokenTypes) * model.HiddenSize;
            long bytes = 0;
            foreach (PlanOp op in Plan.Ops)
            {
                halves += op.Epilogue.OfType<LayerNormStep>().Count() * 2L * model.HiddenSize;
                if (op is DenseOp dense)
                    halves += (long)dense.N * dense.K + dense.N;
                if (op is LinearOp linear)
                {
                    halves += linear.N;
                    bytes += LinearBytes(linear);
                }
            }

            return bytes + 2 * halves;
        }
    }

    /// <summary>The inspection as scripts read it.</summary>
    public object ToJson() => new
    {
        Descriptor.Name,
        Descriptor.PlanHash,
        Descriptor.Model,
        Scheme = QuantizationScheme.Parts.ToDictionary(p => p.ToString(), p => Descriptor.Scheme[p].ToString()),
        Buckets = Descriptor.Shapes.TokenBuckets,
        Descriptor.Shapes.MaxSequence,
        WeightBytes,
        Ops = Plan.Ops.Select(o => o.Name),
        Targets = Targets.Select(t => new
        {
            Arch = t.Arch.Name(),
            Kernels = t.Kernels.Select(k => new { k.Name, Tile = (k as LinearKernel)?.Schedule, k.Threads, k.SharedBytes, k.ClusterSize }),
            Buckets = t.AllBuckets.Select(b => new { b.Tokens, FillsTiles = t.TiledBuckets.Contains(b), Launches = b.Launches.Count, ArenaBytes = b.Arena.PeakBytes }),
            Findings = t.Findings.Select(f => f.ToString()),
        }),
    };

    private static long LinearBytes(LinearOp linear)
    {
        WeightFormat format = linear.Precision.Weights;
        long groups = format.GroupSize > 0 ? linear.K / format.GroupSize : 1;
        long scales = format.IsQuantized ? linear.N * groups * ScaleBytes * (format.Symmetry == Symmetry.Asymmetric ? 2 : 1) : 0;
        return (long)linear.N * linear.K * format.Bits / 8 + scales;
    }
}
