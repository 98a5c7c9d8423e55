using System.Numerics.Tensors;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Quantization;

namespace ModelCompiler.Conformance.Tests;

/// <summary>
/// An encoder written out as in the papers, one sequence at a time, without plan and epilogues: quantizers in fp32 as
/// docs/numerics.md has them, everything else in double with FP16 storage where the contract has it. Independent of the
/// CPU executor, it rounds elsewhere: what it shows is how far two right executors are apart.
/// </summary>
internal sealed class WrittenOutEncoder(EncoderModel model, QuantizationScheme scheme, ModelWeights weights) : IConformanceExecutor
{
    private readonly Dictionary<PlanWeight, (double[][] Rows, float[] Bias)> _matrices = [];

    public string Name => "written out in double";

    private int H => model.HiddenSize;

    public void Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types, ReadOnlySpan<int> lengths, Span<float> output, Span<float> hidden)
    {
        int token = 0, row = 0;
        foreach (int length in lengths)
        {
            double[][] x = Encode(ids.Slice(token, length), types.IsEmpty ? [] : types.Slice(token, length));
            Copy(x, hidden, token * H);
            double[][] head = Head(x);
            Copy(head, output, row * model.OutputColumns);
            token += length;
            row += head.Length;
        }
    }

    public void Dispose()
    {
    }

    private double[][] Encode(ReadOnlySpan<int> ids, ReadOnlySpan<int> types)
    {
        Half[] words = Table(WeightRole.WordEmbedding), positions = Table(WeightRole.PositionEmbedding);
        Half[]? typeTable = model.TokenTypes > 0 ? Table(WeightRole.TokenTypeEmbedding) : null;
        var x = new double[ids.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            x[t] = new double[H];
            for (int i = 0; i < H; i++)
            {
                x[t][i] = (double)words[ids[t] * H + i] + (double)positions[(model.PositionOffset + t) * H + i]
                    + (typeTable is null ? 0 : (double)typeTable[(types.IsEmpty ? 0 : types[t]) * H + i]);
            }
        }

        x = Each(x, row => Norm(row, new(WeightRole.EmbeddingNorm)));
        for (int layer = 0; layer < model.Layers; layer++)
            x = Layer(x, layer);
        return Each(x, Stored);
    }

    private double[][] Layer(double[][] x, int layer)
    {
        double[][] qkv = Each(Linear(x, new(WeightRole.Qkv, layer), scheme.Qkv), Stored);
        double[][] attended = Linear(Attention(qkv), new(WeightRole.AttentionOutput, layer), scheme.AttentionOutput);
        attended = Each(Sum(attended, Each(x, Stored)), row => Norm(row, new(WeightRole.AttentionNorm, layer)));
        double[][] mlp = Linear(attended, new(WeightRole.MlpIntermediate, layer), scheme.MlpIntermediate);
        mlp = Linear(Each(mlp, row => Array.ConvertAll(row, v => Activate(v, model.Activation))), new(WeightRole.MlpOutput, layer), scheme.MlpOutput);
        return Each(Sum(mlp, Each(attended, Stored)), row => Norm(row, new(WeightRole.MlpNorm, layer)));
    }

    private double[][] Head(double[][] hidden)
    {
        ActivationFunction function = model.Family == EncoderFamily.DistilBert ? ActivationFunction.Relu : ActivationFunction.Tanh;
        double[][] Dense(double[][] rows) => Each(
            Linear(rows, new(WeightRole.HeadDense), LinearPrecision.Float16), row => Array.ConvertAll(row, v => Activate(v, function)));
        double[][] Classify(double[][] rows) => Linear(rows, new(WeightRole.Classifier), LinearPrecision.Float16);
        return model.Head switch
        {
            EncoderHead.None => hidden,
            EncoderHead.Pooler => Dense([hidden[0]]),
            EncoderHead.SequenceClassifier => Classify(Dense([hidden[0]])),
            EncoderHead.TokenClassifier => Classify(hidden),
            _ => [Embedding(hidden)],
        };
    }

    private double[] Embedding(double[][] hidden)
    {
        double[] pooled = model.Head == EncoderHead.ClsEmbedding
            ? hidden[0]
            : [.. Enumerable.Range(0, H).Select(i => hidden.Average(row => row[i]))];
        double length = Math.Sqrt(pooled.Sum(v => v * v));
        return model.NormalizeEmbedding ? Array.ConvertAll(pooled, v => v / length) : pooled;
    }

    private double[][] Attention(double[][] qkv)
    {
        int d = model.HeadSize, tokens = qkv.Length;
        double[][] context = Each(qkv, _ => new double[H]);
        var scores = new double[tokens];
        for (int t = 0; t < tokens; t++)
        {
            for (int head = 0; head < H; head += d)
            {
                for (int u = 0; u < tokens; u++)
                    scores[u] = TensorPrimitives.Dot<double>(qkv[t].AsSpan(head, d), qkv[u].AsSpan(H + head, d)) / Math.Sqrt(d);
                double max = scores.Max(), sum = 0;
                for (int u = 0; u < tokens; u++)
                {
                    double p = Math.Exp(scores[u] - max), stored = (double)(Half)p;
                    sum += p;
                    for (int i = head; i < head + d; i++)
                        context[t][i] += stored * qkv[u][2 * H + i];
                }

                for (int i = head; i < head + d; i++)
                    context[t][i] /= sum;
            }
        }

        return context;
    }

    private double[][] Linear(double[][] x, PlanWeight weight, LinearPrecision precision)
    {
        (double[][] rows, float[] bias) = Matrix(weight);
        return Each(x, row =>
        {
            double[] input = precision.IsInteger ? Dequantized(row, precision.Activations, weight) : Stored(row);
            var y = new double[rows.Length];
            for (int n = 0; n < y.Length; n++)
                y[n] = TensorPrimitives.Dot<double>(input, rows[n]) + bias[n];
            return y;
        });
    }

    private (double[][] Rows, float[] Bias) Matrix(PlanWeight weight)
    {
        if (_matrices.TryGetValue(weight, out (double[][], float[]) matrix))
            return matrix;
        matrix = weights.Get<LoadedWeight>(weight) switch
        {
            Float16LinearWeight half => (Rows(Array.ConvertAll(half.Values, v => (double)v), half.Columns), half.Bias),
            QuantizedLinearWeight quantized => (Rows(Values(quantized.Weights), quantized.Weights.Columns), quantized.Bias),
            var other => throw new InvalidOperationException($"{weight} is a {other.GetType().Name}."),
        };
        return _matrices[weight] = matrix;

        static double[][] Rows(double[] values, int columns) => [.. values.Chunk(columns)];
    }

    private static double[] Values(QuantizedLinear linear)
    {
        int group = linear.Columns / linear.Groups;
        var values = new double[linear.Codes.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = linear.Format.Symmetry == Symmetry.Symmetric
                ? (double)linear.Scales[i / group] * (sbyte)linear.Codes[i]
                : (double)linear.Scales[i / group] * linear.Codes[i] + linear.Minima[i / group];
        }

        return values;
    }

    private double[] Dequantized(double[] row, ActivationFormat format, PlanWeight weight)
    {
        float[] x = Array.ConvertAll(row, v => (float)v);
        bool asymmetric = format.Symmetry == Symmetry.Asymmetric;
        int high = asymmetric ? (1 << format.Bits) - 1 : (1 << (format.Bits - 1)) - 1, low = asymmetric ? 0 : -high - 1;
        CalibratedRange? range = format.Range == ActivationRange.Static ? weights.Get<QuantizedLinearWeight>(weight).Input : null;
        float lo = asymmetric ? range?.Minimum ?? x.Min() : 0;
        float scale = range?.Scale ?? (asymmetric ? (x.Max() - lo) / high : x.Max(MathF.Abs) / high);
        scale = scale == 0 ? 1 : scale;
        float inverse = 1f / scale;
        return Array.ConvertAll(x, v => (double)scale * Math.Clamp(Math.Round((double)(v - lo) * inverse, MidpointRounding.ToEven), low, high) + lo);
    }

    private Half[] Table(WeightRole role) => weights.Get<TableWeight>(new(role)).Values;

    private double[] Norm(double[] row, PlanWeight weight)
    {
        NormWeight norm = weights.Get<NormWeight>(weight);
        double mean = row.Average(), variance = row.Average(v => (v - mean) * (v - mean)), length = Math.Sqrt(variance + model.LayerNormEpsilon);
        return [.. row.Select((v, i) => (v - mean) / length * norm.Gamma[i] + norm.Beta[i])];
    }

    private static double Activate(double x, ActivationFunction function) => function switch
    {
        ActivationFunction.Gelu => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        ActivationFunction.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        ActivationFunction.Relu => Math.Max(x, 0),
        _ => Math.Tanh(x),
    };

    /// <summary>Abramowitz and Stegun 7.1.26, within 1.5e-7.</summary>
    private static double Erf(double x)
    {
        double t = 1 / (1 + 0.3275911 * Math.Abs(x));
        double poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
        return Math.Sign(x) * (1 - poly * Math.Exp(-x * x));
    }

    private static double[] Stored(double[] row) => Array.ConvertAll(row, v => (double)(Half)v);

    private static double[][] Each(double[][] rows, Func<double[], double[]> f) => Array.ConvertAll(rows, row => f(row));

    private static double[][] Sum(double[][] left, double[][] right) => [.. left.Zip(right, (a, b) => a.Zip(b, (x, y) => x + y).ToArray())];

    private static void Copy(double[][] rows, Span<float> target, int start)
    {
        foreach (double[] row in rows)
        {
            foreach (double value in row)
                target[start++] = (float)value;
        }
    }
}
