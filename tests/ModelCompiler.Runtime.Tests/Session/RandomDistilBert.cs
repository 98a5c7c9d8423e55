using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>A small random DistilBERT classifier in a model folder of its own, deleted with the object.</summary>
internal sealed class RandomDistilBert : IDisposable
{
    public const int Hidden = 96, Layers = 3, Heads = 3, Intermediate = 192, Labels = 5, Vocabulary = 211, Positions = 48;

    private readonly Random _random = new(20260115);

    public RandomDistilBert()
    {
        Folder = Directory.CreateTempSubdirectory("distilbert-").FullName;
        AddTable("distilbert.embeddings.word_embeddings", Vocabulary);
        AddTable("distilbert.embeddings.position_embeddings", Positions);
        AddNorm("distilbert.embeddings.LayerNorm");
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"distilbert.transformer.layer.{layer}.";
            foreach (string module in (string[])["q_lin", "k_lin", "v_lin", "out_lin"])
                AddLinear($"{prefix}attention.{module}", Hidden, Hidden);
            AddNorm(prefix + "sa_layer_norm");
            AddLinear(prefix + "ffn.lin1", Intermediate, Hidden);
            AddLinear(prefix + "ffn.lin2", Hidden, Intermediate);
            AddNorm(prefix + "output_layer_norm");
        }

        AddLinear("pre_classifier", Hidden, Hidden);
        AddLinear("classifier", Labels, Hidden);
        SafetensorsWriter.Write(
            Path.Combine(Folder, "model.safetensors"), Weights.Select(w => TensorSource.From(w.Key, w.Value, Shapes[w.Key])));
        File.WriteAllText(Path.Combine(Folder, "config.json"), Config);
    }

    public string Folder { get; }

    public Dictionary<string, float[]> Weights { get; } = [];

    public Dictionary<string, long[]> Shapes { get; } = [];

    public DistilBertReference Reference => new(Weights, Hidden, Layers, Heads, Intermediate, Labels);

    private static string Config => $$"""
        {
          "architectures": ["DistilBertForSequenceClassification"],
          "model_type": "distilbert",
          "activation": "gelu",
          "dim": {{Hidden}},
          "hidden_dim": {{Intermediate}},
          "n_layers": {{Layers}},
          "n_heads": {{Heads}},
          "vocab_size": {{Vocabulary}},
          "max_position_embeddings": {{Positions}},
          "pad_token_id": 0,
          "sinusoidal_pos_embds": false,
          "id2label": { "0": "a", "1": "b", "2": "c", "3": "d", "4": "e" },
          "label2id": { "a": 0, "b": 1, "c": 2, "d": 3, "e": 4 }
        }
        """;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void AddTable(string module, int rows) => Add(module + ".weight", 0.6, 0, rows, Hidden);

    private void AddNorm(string module)
    {
        Add(module + ".weight", 0.2, 1, Hidden);
        Add(module + ".bias", 0.2, 0, Hidden);
    }

    private void AddLinear(string module, int rows, int columns)
    {
        Add(module + ".weight", 1.2 / Math.Sqrt(columns), 0, rows, columns);
        Add(module + ".bias", 0.1, 0, rows);
    }

    /// <summary>Normal values of the given deviation and mean (Box and Muller).</summary>
    private void Add(string name, double deviation, double mean, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            values[i] = (float)(mean + deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        Weights.Add(name, values);
        Shapes.Add(name, shape);
    }
}
