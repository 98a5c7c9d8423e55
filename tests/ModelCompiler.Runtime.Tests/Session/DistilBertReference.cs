namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>
/// DistilBERT for sequence classification written out in double precision, one sequence at a time, with nothing fused:
/// what the compiled plan is checked against. Weights by their Hugging Face names, [out, in] row-major.
/// </summary>
internal sealed class DistilBertReference(
    IReadOnlyDictionary<string, float[]> weights, int hidden, int layers, int heads, int intermediate, int labels)
{
    private const double Epsilon = 1e-12;

    /// <summary>Logits [labels] and last hidden state [tokens, H] of one sequence.</summary>
    public (double[] Logits, double[][] Hidden) Forward(ReadOnlySpan<int> ids)
    {
        var states = new double[ids.Length][];
        float[] words = weights["distilbert.embeddings.word_embeddings.weight"];
        float[] positions = weights["distilbert.embeddings.position_embeddings.weight"];
        for (int t = 0; t < ids.Length; t++)
        {
            var sum = new double[hidden];
            for (int i = 0; i < hidden; i++)
                sum[i] = (double)words[ids[t] * hidden + i] + positions[t * hidden + i];
            states[t] = LayerNorm(sum, "distilbert.embeddings.LayerNorm");
        }

        for (int layer = 0; layer < layers; layer++)
            states = Layer(states, $"distilbert.transformer.layer.{layer}.");

        double[] dense = Linear(states[0], "pre_classifier", hidden);
        for (int i = 0; i < dense.Length; i++)
            dense[i] = Math.Max(dense[i], 0);
        return (Linear(dense, "classifier", labels), states);
    }

    private double[][] Layer(double[][] states, string prefix)
    {
        double[][] query = Map(states, x => Linear(x, prefix + "attention.q_lin", hidden));
        double[][] key = Map(states, x => Linear(x, prefix + "attention.k_lin", hidden));
        double[][] value = Map(states, x => Linear(x, prefix + "attention.v_lin", hidden));
        var context = new double[states.Length][];
        int width = hidden / heads;
        for (int t = 0; t < states.Length; t++)
        {
            context[t] = new double[hidden];
            for (int head = 0; head < heads; head++)
                Attend(query[t], key, value, head * width, width, context[t]);
        }

        var next = new double[states.Length][];
        for (int t = 0; t < states.Length; t++)
        {
            double[] attended = LayerNorm(Add(Linear(context[t], prefix + "attention.out_lin", hidden), states[t]), prefix + "sa_layer_norm");
            double[] inner = Linear(attended, prefix + "ffn.lin1", intermediate);
            for (int i = 0; i < inner.Length; i++)
                inner[i] = 0.5 * inner[i] * (1 + Erf(inner[i] / Math.Sqrt(2)));
            next[t] = LayerNorm(Add(Linear(inner, prefix + "ffn.lin2", hidden), attended), prefix + "output_layer_norm");
        }

        return next;
    }

    private static void Attend(double[] query, double[][] key, double[][] value, int first, int width, double[] context)
    {
        var weight = new double[key.Length];
        double sum = 0;
        for (int s = 0; s < key.Length; s++)
        {
            double score = 0;
            for (int i = first; i < first + width; i++)
                score += query[i] * key[s][i];
            sum += weight[s] = Math.Exp(score / Math.Sqrt(width));
        }

        for (int s = 0; s < key.Length; s++)
        {
            for (int i = first; i < first + width; i++)
                context[i] += weight[s] / sum * value[s][i];
        }
    }

    private double[] Linear(double[] x, string module, int outputs)
    {
        float[] w = weights[module + ".weight"], bias = weights[module + ".bias"];
        var y = new double[outputs];
        for (int n = 0; n < outputs; n++)
        {
            double sum = bias[n];
            for (int k = 0; k < x.Length; k++)
                sum += x[k] * w[n * x.Length + k];
            y[n] = sum;
        }

        return y;
    }

    private double[] LayerNorm(double[] x, string module)
    {
        float[] gamma = weights[module + ".weight"], beta = weights[module + ".bias"];
        double mean = x.Average(), variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select((v, i) => (v - mean) / Math.Sqrt(variance + Epsilon) * gamma[i] + beta[i])];
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[][] Map(double[][] rows, Func<double[], double[]> map) => [.. rows.Select(map)];

    /// <summary>
    /// erf by its Maclaurin series where that converges quickly, and by the continued fraction of erfc elsewhere
    /// (Abramowitz and Stegun, 7.1.5 and 7.1.14). Good to 1e-12, far below what is compared.
    /// </summary>
    private static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude < 2.5)
        {
            double term = x, sum = x;
            for (int n = 1; n < 80; n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }

            return 2 / Math.Sqrt(Math.PI) * sum;
        }

        double fraction = 0;
        for (int n = 60; n > 0; n--)
            fraction = n / 2.0 / (magnitude + fraction);
        return Math.Sign(x) * (1 - Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (magnitude + fraction));
    }
}
