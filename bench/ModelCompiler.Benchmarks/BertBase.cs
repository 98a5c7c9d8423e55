using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Benchmarks;

/// <summary>BERT-base with random weights on the CPU executor.</summary>
internal sealed class BertBase : IDisposable
{
    private readonly CpuWeights _weights;
    private readonly CpuExecutor _executor;
    private readonly int[] _ids;
    private readonly int[] _lengths;
    private readonly float[] _output;

    public BertBase(string precision, int batch, int sequence, int layers = 12)
    {
        LinearPrecision Integer(int weights, int activations, int group = 0) =>
            new(new(weights, Symmetry.Symmetric, group), new(activations, Symmetry.Symmetric, ActivationRange.PerToken));
        LinearPrecision part = precision switch
        {
            "FP32" => LinearPrecision.Float16, // FP16 storage, fp32 arithmetic
            "W8A8" => Integer(8, 8),
            "W4A8" => Integer(4, 8),
            "W4A8g64" => Integer(4, 8, 64),
            "W4A4" => Integer(4, 4),
            "W4A16" => new(new(4, Symmetry.Symmetric, 0), ActivationFormat.Float16),
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "No such precision."),
        };
        var model = new EncoderModel
        {
            Family = EncoderFamily.Bert, Head = EncoderHead.Pooler, HiddenSize = 768, Layers = layers, AttentionHeads = 12,
            IntermediateSize = 3072, VocabularySize = 1000, MaxPositions = 512, TokenTypes = 2, PadTokenId = 0,
            LayerNormEpsilon = 1e-12, Activation = ActivationFunction.Gelu,
        };
        _weights = CpuWeights.Bind(Planner.Plan(model, QuantizationScheme.Uniform(part)), new RandomWeights());
        _executor = new(_weights);
        _ids = Enumerable.Range(0, batch * sequence).Select(i => i % model.VocabularySize).ToArray();
        _lengths = Enumerable.Repeat(sequence, batch).ToArray();
        _output = new float[_executor.OutputLength(_ids.Length, batch)];
    }

    public void Run() => _executor.Run(_ids, _lengths, [], _output);

    public void Dispose()
    {
        _executor.Dispose();
        _weights.Dispose();
    }
}
