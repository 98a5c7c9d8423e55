using System.Numerics.Tensors;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;
using ModelCompiler.Runtime.Text;

namespace ModelCompiler.Runtime.Quantization;

/// <summary>
/// What a float model's linear layers see on sample texts: the range of each input, and some of its rows. Ranges become
/// static activation scales; rows tell what rounding does to a layer's output.
/// </summary>
public sealed class Calibration : IDisposable
{
    private const int SampleRows = 64;

    private readonly Dictionary<PlanWeight, Seen> _seen = [];
    private readonly CpuWeights _weights;
    private readonly CpuExecutor _executor;
    private readonly WordPieceTokenizer _tokenizer;

    private Calibration(CpuWeights weights, CpuExecutor executor, WordPieceTokenizer tokenizer)
    {
        (_weights, _executor, _tokenizer) = (weights, executor, tokenizer);
        executor.Observer = new Recorder(_seen);
    }

    /// <summary>Loads a float model folder in FP16 and prepares to watch it.</summary>
    /// <param name="model">The encoder.</param>
    /// <param name="folder">Model folder with float weights and a tokenizer.</param>
    /// <exception cref="ModelCompilerException">A file is missing, broken or does not fit; the derived type says which.</exception>
    public static Calibration Open(EncoderModel model, string folder)
    {
        ExecutionPlan plan = Planner.Plan(model, QuantizationScheme.Float16);
        ModelFolder files = ModelFolder.Open(folder);
        files.RequireModel(model);
        var tokenizer = WordPieceTokenizer.FromFolder(folder);
        var weights = CpuWeights.Bind(plan, files.LoadWeights(plan));
        return new(weights, new CpuExecutor(weights), tokenizer);
    }

    /// <summary>Runs texts and widens the ranges by what they bring.</summary>
    public void Add(IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
            return;
        PackedBatch batch = _tokenizer.EncodeBatch(texts, _executor.MaxSequence);
        var output = new float[_executor.OutputLength(batch.TokenIds.Length, batch.Lengths.Length)];
        ReadOnlySpan<int> types = _executor.Plan.Model.TokenTypes > 1 ? batch.TokenTypes : [];
        _executor.Run(batch.TokenIds, batch.Lengths, types, output);
    }

    /// <summary>The scale that covers everything seen at the input of a linear layer; null where nothing was.</summary>
    public CalibratedRange? RangeOf(PlanWeight weight, ActivationFormat format)
    {
        if (!_seen.TryGetValue(weight, out Seen? seen))
            return null;
        if (format.Symmetry == Symmetry.Asymmetric)
            return new(Positive((seen.Max - seen.Min) / ((1 << format.Bits) - 1)), seen.Min);
        return new(Positive(MathF.Max(MathF.Abs(seen.Min), MathF.Abs(seen.Max)) / ((1 << (format.Bits - 1)) - 1)), 0);

        static float Positive(float scale) => scale > 0 ? scale : 1;
    }

    /// <summary>The first rows seen at the input of a linear layer, [rows, K] row-major; null where nothing was.</summary>
    public float[]? SamplesOf(PlanWeight weight) => _seen.TryGetValue(weight, out Seen? seen) ? [.. seen.Samples] : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _executor.Dispose();
        _weights.Dispose();
    }

    private sealed class Seen
    {
        public float Min { get; set; } = float.PositiveInfinity;

        public float Max { get; set; } = float.NegativeInfinity;

        public List<float> Samples { get; } = [];
    }

    private sealed class Recorder(Dictionary<PlanWeight, Seen> seen) : ICpuObserver
    {
        public void OnLinear(LinearObservation observation)
        {
            LinearOp op = observation.Op;
            if (!seen.TryGetValue(op.Weight, out Seen? inputs))
                seen.Add(op.Weight, inputs = new());
            inputs.Min = MathF.Min(inputs.Min, TensorPrimitives.Min(observation.Input));
            inputs.Max = MathF.Max(inputs.Max, TensorPrimitives.Max(observation.Input));
            int room = SampleRows * op.K - inputs.Samples.Count;
            inputs.Samples.AddRange(observation.Input[..Math.Min(room, observation.Input.Length)]);
        }
    }
}
