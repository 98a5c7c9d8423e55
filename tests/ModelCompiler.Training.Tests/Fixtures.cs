namespace ModelCompiler.Training.Tests;

/// <summary>Files of the repository that tests read.</summary>
internal static class Fixtures
{
    public static string Root { get; } = FindRoot();

    public static string WordNetModel => Path.Combine(Root, "tests", "fixtures", "wordnet-bert");

    /// <summary>SHA-256 of a file.</summary>
    public static string HashOf(string path) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    /// <summary>A folder with the configuration and vocabulary of a small BERT with three labels and no weights.</summary>
    public static string WriteTinyBert(string folder, int layers = 2, double dropout = 0)
    {
        Directory.CreateDirectory(folder);
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        string[] words = ["red", "green", "blue", "sweet", "sour", "salty", "loud", "quiet", "a", "the", "is", "very", "thing", "it", "seems", "now"];
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), [.. special, .. words]);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"tokenizer_class":"BertTokenizer","do_lower_case":true}""");
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {
              "architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_act": "gelu",
              "hidden_size": 64, "num_hidden_layers": {{layers}}, "num_attention_heads": 2, "intermediate_size": 128,
              "vocab_size": {{special.Length + words.Length}}, "max_position_embeddings": 32, "type_vocab_size": 2,
              "pad_token_id": 0, "layer_norm_eps": 1e-12, "hidden_dropout_prob": {{dropout.ToString(System.Globalization.CultureInfo.InvariantCulture)}},
              "attention_probs_dropout_prob": 0.0, "id2label": {"0": "colour", "1": "taste", "2": "sound"}
            }
            """);
        return folder;
    }

    /// <summary>Sentences whose label one word tells: a task that a small model learns in a few steps.</summary>
    public static void WriteTinyData(string path, int count, int seed)
    {
        string[][] telling = [["red", "green", "blue"], ["sweet", "sour", "salty"], ["loud", "quiet", "loud"]];
        string[] labels = ["colour", "taste", "sound"], filler = ["a", "the", "is", "very", "thing", "it", "seems", "now"];
        var random = new Training.Data.SeededRandom(seed);
        using var file = new StreamWriter(path);
        file.WriteLine("text\tlabel");
        for (int i = 0; i < count; i++)
        {
            int label = random.Next(3);
            var words = new List<string>();
            for (int word = 0; word < 3 + random.Next(5); word++)
                words.Add(filler[random.Next(filler.Length)]);
            words.Insert(random.Next(words.Count + 1), telling[label][random.Next(3)]);
            file.WriteLine($"{string.Join(' ', words)}\t{labels[label]}");
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ModelCompiler.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"Found no ModelCompiler.sln above {AppContext.BaseDirectory}.");
    }
}

/// <summary>A folder for the files of one test, deleted with the object.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("training-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, params string[] lines)
    {
        System.IO.File.WriteAllLines(File(name), lines);
        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
