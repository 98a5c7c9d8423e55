namespace ModelCompiler.Training.Recipes;

/// <summary>All that a training run is: which model learns what from which data, how long, and what is written.</summary>
public sealed record Recipe
{
    /// <summary>The file that it was read from.</summary>
    public required string Path { get; init; }

    /// <summary><c>name</c>: what tables and charts call the run; the file's name without extension if absent.</summary>
    public required string Name { get; init; }

    /// <summary><c>seed</c>: random weights, order of the data, dropout. Equal seeds give equal runs on one device.</summary>
    public required int Seed { get; init; }

    /// <summary><c>output</c>: folder for checkpoints, log, report and the trained model.</summary>
    public required string Output { get; init; }

    /// <summary><c>model</c>: what is trained.</summary>
    public required ModelRecipe Model { get; init; }

    /// <summary><c>data</c>: labelled texts.</summary>
    public required DataRecipe Data { get; init; }

    /// <summary><c>quantization</c>: precisions of the linear parts; null to train in full precision.</summary>
    public QuantizationRecipe? Quantization { get; init; }

    /// <summary><c>distillation</c>: teachers and weights of the losses; null for the task's loss alone.</summary>
    public DistillationRecipe? Distillation { get; init; }

    /// <summary><c>pruning</c>: masks; null for none.</summary>
    public PruningRecipe? Pruning { get; init; }

    /// <summary><c>layerwise</c>: distillation of each layer by itself first; null for none.</summary>
    public LayerwiseRecipe? Layerwise { get; init; }

    /// <summary><c>training</c>: steps, rates, batches.</summary>
    public required TrainingRecipe Training { get; init; }

    /// <summary>The recipe as one line of JSON, options of the command line included: what a checkpoint is compared by.</summary>
    public required string Json { get; init; }
}

/// <summary><c>model</c>: where the weights come from.</summary>
public sealed record ModelRecipe
{
    /// <summary><c>from</c>: folder in Hugging Face layout with config.json, tokenizer and, unless <c>random</c>, weights.</summary>
    public required string From { get; init; }

    /// <summary><c>random</c>: start from weights drawn from N(0, 0.02²) instead of the folder's. Default false.</summary>
    public bool Random { get; init; }

    /// <summary><c>layers</c>: layers of the folder's model that the student keeps, from 0, in rising order; null for all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary><c>dropout</c>: probability behind embeddings and linear parts; null for the configuration's.</summary>
    public double? Dropout { get; init; }

    /// <summary><c>attentionDropout</c>: probability on attention probabilities; null for the configuration's.</summary>
    public double? AttentionDropout { get; init; }

    /// <summary><c>wordDropout</c>: probability that a token is replaced by <c>wordDropoutToken</c>. Default 0.</summary>
    public double WordDropout { get; init; }

    /// <summary><c>wordDropoutToken</c>: default <c>[UNK]</c>.</summary>
    public string WordDropoutToken { get; init; } = "[UNK]";
}

/// <summary>How the files of a data set are written.</summary>
public enum DataFormat
{
    /// <summary>WordNet's <c>data.*</c> files; the split is built in.</summary>
    WordNet,

    /// <summary>Tab-separated values with a header.</summary>
    Tsv,

    /// <summary>Comma-separated values (RFC 4180) with a header.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    JsonLines,
}

/// <summary><c>data</c>: labelled texts or pairs of texts.</summary>
public sealed record DataRecipe
{
    /// <summary><c>format</c>: <c>wordnet</c>, <c>tsv</c>, <c>csv</c> or <c>jsonl</c>.</summary>
    public required DataFormat Format { get; init; }

    /// <summary><c>folder</c>: of WordNet's data files; default <c>/usr/share/wordnet</c>.</summary>
    public string? Folder { get; init; }

    /// <summary><c>training</c>: file to learn from. Every format but <c>wordnet</c>.</summary>
    public string? Training { get; init; }

    /// <summary><c>validation</c>: file that the best checkpoint is chosen by.</summary>
    public string? Validation { get; init; }

    /// <summary><c>test</c>: file for the final number; may be absent.</summary>
    public string? Test { get; init; }

    /// <summary><c>text</c>: column of the text. Default <c>text</c>.</summary>
    public string TextColumn { get; init; } = "text";

    /// <summary><c>pair</c>: column of the second text; null for single texts.</summary>
    public string? PairColumn { get; init; }

    /// <summary><c>label</c>: column of the label, a name or an index. Default <c>label</c>.</summary>
    public string LabelColumn { get; init; } = "label";

    /// <summary><c>maxLength</c>: most tokens of an example; longer ones are cut. Default 128.</summary>
    public int MaxLength { get; init; } = 128;

    /// <summary><c>limit</c>: only the first so many examples of each file; 0 for all.</summary>
    public int Limit { get; init; }

    /// <summary><c>cache</c>: folder for token ids; null to tokenize each time.</summary>
    public string? Cache { get; init; }
}
