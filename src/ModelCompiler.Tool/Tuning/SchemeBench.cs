using System.Diagnostics;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;
using ModelCompiler.Runtime;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Tuning;

/// <summary>Takes the time of a whole encoder in a scheme, with tuned kernels: ids in host memory to results in host memory.</summary>
/// <param name="model">The encoder.</param>
/// <param name="buckets">Each is run full.</param>
/// <param name="arch">Architecture of the GPU.</param>
/// <param name="database">Tuned kernels.</param>
/// <param name="device">The GPU.</param>
internal sealed class SchemeBench(EncoderModel model, EquatableArray<int> buckets, GpuArch arch, TuningDatabase database, Device device)
{
    private const int WarmUp = 10;
    private const int Runs = 51;
    private const int Sequence = 128;
    private const int Vocabulary = 64;

    /// <summary>The encoder with a head of one row a sequence and a small word table, which are not what is measured.</summary>
    private readonly EncoderModel _model = model with
    {
        VocabularySize = Vocabulary, PadTokenId = 0, Head = EncoderHead.ClsEmbedding, Labels = 0, LabelNames = default, NormalizeEmbedding = false,
    };

    /// <summary>Median microseconds at each bucket.</summary>
    public IReadOnlyList<double> Measure(QuantizationScheme scheme)
    {
        ExecutionPlan plan = Planner.Plan(_model, scheme);
        var shapes = new ShapeSet(buckets, Math.Min(Sequence, _model.MaxSequence));
        EquatableArray<KernelChoice> tuned = TunedKernels.Choose(plan, shapes, arch, database).Choices;
        var descriptor = new EncoderDescriptor
        {
            Name = "tune", Model = _model, Scheme = scheme, Shapes = shapes, Targets = new(arch), TunedKernels = tuned,
            PlanHash = PlanHash.Compute(plan, shapes, tuned),
            Kernels = () => [.. Scheduler.Schedule(plan, shapes, arch, tuned).Kernels.Select(KernelRenderer.Render)],
        };
        using EncoderSession session = EncoderSession.Load(descriptor, TuningWeights.Repeated(plan), new() { Device = device });
        return [.. buckets.Select(tokens => Median(session, tokens, shapes.MaxSequence))];
    }

    private static double Median(EncoderSession session, int tokens, int longest)
    {
        var random = new Random(tokens);
        int[] ids = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(Vocabulary))];
        int[] lengths = [.. Enumerable.Range(0, (tokens + longest - 1) / longest).Select(i => Math.Min(longest, tokens - i * longest))];
        var output = new float[lengths.Length * session.Descriptor.Model.OutputColumns];
        for (int i = 0; i < WarmUp; i++)
            session.Forward(ids, lengths, output);
        var times = new double[Runs];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            session.Forward(ids, lengths, output);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        return new LatencySample(times).Median;
    }
}
