using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>
/// An encoder written out as in the papers, one sequence at a time, without a plan: quantizers in fp32 as
/// docs/numerics.md has them, everything else in double with FP16 storage where the contract has it.
/// </summary>
internal sealed class ReferenceEncoder(EncoderModel model, QuantizationScheme scheme, RandomWeights weights)
{
    private int H => model.HiddenSize;

    /// <summary>Last hidden state [tokens, H] and output of a sequence.</summary>
    public (float[] Hidden, float[] Output) Run(ReadOnlySpan<int> ids, ReadOnlySpan<int> types)
    {
        int tokens = ids.Length;
        double[][] x = new double[tokens][];
        float[] words = weights.Matrix(new(WeightRole.WordEmbedding), model.VocabularySize, H);
        float[] positions = weights.Matrix(new(WeightRole.PositionEmbedding), model.MaxPositions, H);
        float[]? typeTable = model.TokenTypes > 0 ? weights.Matrix(new(WeightRole.TokenTypeEmbedding), model.TokenTypes, H) : null;
        for (int t = 0; t < tokens; t++)
        {
            x[t] = new double[H];
            for (int i = 0; i < H; i++)
            {
                x[t][i] = (double)words[ids[t] * H + i] + positions[(model.PositionOffset + t) * H + i]
                    + (typeTable is null ? 0 : typeTable[(types.IsEmpty ? 0 : types[t]) * H + i]);
            }
        }

        x = Each(x, row => Norm(row, new(WeightRole.EmbeddingNorm)));
        for (int layer = 0; layer < model.Layers; layer++)
            x = Layer(x, layer);
        double[][] hidden = Each(x, Stored);
        return (Flat(hidden), Flat(Head(hidden)));
    }

    private double[][] Layer(double[][] x, int layer)
    {
        double[][] qkv = Each(Linear(x, new(WeightRole.Qkv, layer), 3 * H, scheme.Qkv), Stored);
        double[][] context = Attention(qkv);
        double[][] attended = Linear(context, new(WeightRole.AttentionOutput, layer), H, scheme.AttentionOutput);
        attended = Each(Sum(attended, Each(x, Stored)), row => Norm(row, new(WeightRole.AttentionNorm, layer)));
        double[][] mlp = Linear(attended, new(WeightRole.MlpIntermediate, layer), model.IntermediateSize, scheme.MlpIntermediate);
        mlp = Linear(Each(mlp, row => row.Select(v => Activate(v, model.Activation)).ToArray()), new(WeightRole.MlpOutput, layer), H, scheme.MlpOutput);
        return Each(Sum(mlp, Each(attended, Stored)), row => Norm(row, new(WeightRole.MlpNorm, layer)));
    }

    private double[][] Head(double[][] hidden)
    {
        ActivationFunction function = model.Family == EncoderFamily.DistilBert ? ActivationFunction.Relu : ActivationFunction.Tanh;
        double[][] Dense(double[][] rows) => Each(
            Linear(rows, new(WeightRole.HeadDense), H, LinearPrecision.Float16), row => row.Select(v => Activate(v, function)).ToArray());
        double[][] Classify(double[][] rows) => Linear(rows, new(WeightRole.Classifier), model.Labels, LinearPrecision.Float16);
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
            : Enumerable.Range(0, H).Select(i => hidden.Average(row => row[i])).ToArray();
        double length = Math.Sqrt(pooled.Sum(v => v * v));
        return model.NormalizeEmbedding ? pooled.Select(v => v / length).ToArray() : pooled;
    }

    private double[][] Attention(double[][] qkv)
    {
        int d = model.HeadSize, tokens = qkv.Length;
        return Enumerable.Range(0, tokens).Select(t =>
        {
            double[] context = new double[H];
            for (int head = 0; head < model.AttentionHeads; head++)
            {
                double[] scores = Enumerable.Range(0, tokens)
                    .Select(u => Enumerable.Range(head * d, d).Sum(i => qkv[t][i] * qkv[u][H + i]) / Math.Sqrt(d)).ToArray();
                double max = scores.Max(), sum = scores.Sum(s => Math.Exp(s - max));
                for (int i = head * d; i < (head + 1) * d; i++)
                    context[i] = Enumerable.Range(0, tokens).Sum(u => (double)(Half)Math.Exp(scores[u] - max) * qkv[u][2 * H + i]) / sum;
            }

            return context;
        }).ToArray();
    }

    private double[][] Linear(double[][] x, PlanWeight weight, int n, LinearPrecision precision)
    {
        int k = x[0].Length;
        float[] w = weights.Matrix(weight, n, k), bias = weights.Vector(weight, true, n);
        double[] values = precision.Weights.IsQuantized ? WeightValues(w, k, precision.Weights) : Array.ConvertAll(w, v => (double)v);
        return Each(x, row =>
        {
            double[] input = precision.IsInteger ? ActivationValues(row, precision.Activations) : Stored(row);
            return Enumerable.Range(0, n).Select(o =>
            {
                double sum = bias[o];
                for (int i = 0; i < k; i++)
                    sum += input[i] * values[o * k + i];
                return sum;
            }).ToArray();
        });
    }

    private static double[] WeightValues(float[] w, int k, WeightFormat format)
    {
        int group = format.GroupSize == 0 ? k : format.GroupSize;
        return w.Chunk(group).SelectMany(part => Dequantized(part, format.Bits, format.Symmetry == Symmetry.Asymmetric, null, (v, inverse) => v * inverse)).ToArray();
    }

    private double[] ActivationValues(double[] row, ActivationFormat format)
    {
        var range = format.Range == ActivationRange.Static ? weights.InputRange(default, format) : default;
        (float, float)? fixedRange = format.Range == ActivationRange.Static ? (range.Scale, range.Minimum) : null;
        return Dequantized(Array.ConvertAll(row, v => (float)v), format.Bits, format.Symmetry == Symmetry.Asymmetric, fixedRange, (v, inverse) => (double)v * inverse);
    }

    /// <param name="product">Of a value and 1 / S: rounded to fp32 for weights, exact for activations.</param>
    private static double[] Dequantized(
        float[] x, int bits, bool asymmetric, (float Scale, float Lo)? range, Func<float, float, double> product)
    {
        int high = asymmetric ? (1 << bits) - 1 : (1 << (bits - 1)) - 1, low = asymmetric ? 0 : -high - 1;
        float lo = asymmetric ? range?.Lo ?? x.Min() : 0;
        float scale = range?.Scale ?? (asymmetric ? (x.Max() - lo) / high : x.Max(MathF.Abs) / high);
        scale = scale == 0 ? 1 : scale;
        float inverse = 1f / scale;
        return Array.ConvertAll(x, v => (double)scale * Math.Clamp(Math.Round(product(v - lo, inverse), MidpointRounding.ToEven), low, high) + lo);
    }

    private double[] Norm(double[] row, PlanWeight weight)
    {
        float[] gamma = weights.Vector(weight, false, H), beta = weights.Vector(weight, true, H);
        double mean = row.Average(), variance = row.Average(v => (v - mean) * (v - mean));
        return row.Select((v, i) => (v - mean) / Math.Sqrt(variance + model.LayerNormEpsilon) * gamma[i] + beta[i]).ToArray();
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

    private static double[][] Sum(double[][] left, double[][] right) => left.Zip(right, (a, b) => a.Zip(b, (x, y) => x + y).ToArray()).ToArray();

    private static float[] Flat(double[][] rows) => rows.SelectMany(row => row.Select(v => (float)v)).ToArray();
}
