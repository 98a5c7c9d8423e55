namespace ModelCompiler.Training.Recipes;

/// <summary>Reads recipes. Paths are relative to the file that names them.</summary>
public static class RecipeReader
{
    /// <summary>Where Debian's <c>wordnet-base</c> puts its files.</summary>
    public const string DefaultWordNetFolder = "/usr/share/wordnet";

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file.</param>
    /// <param name="assignments">Fields that the command line sets, such as <c>training.epochs=3</c>.</param>
    /// <exception cref="RecipeException">Names file, line, field, what was expected and what was found.</exception>
    public static Recipe Read(string path, params IEnumerable<string> assignments)
    {
        RecipeNode root = RecipeNode.ReadFile(path);
        foreach (string assignment in assignments)
            root.Set(assignment);
        return RecipeFields.Read(root, fields => Read(path, root.ToJson(), fields));
    }

    private static Recipe Read(string path, string json, RecipeFields fields) => new()
    {
        Path = path,
        Name = fields.String("name", Path.GetFileNameWithoutExtension(path))!,
        Seed = fields.Integer("seed", 0, 0),
        Output = fields.RequiredPath("output"),
        Model = fields.RequiredSection("model", ReadModel),
        Data = fields.RequiredSection("data", ReadData),
        Quantization = fields.Section("quantization", QuantizationRecipe.Read),
        Distillation = fields.Section("distillation", DistillationRecipe.Read),
        Pruning = fields.Section("pruning", PruningRecipe.Read),
        Layerwise = fields.Section("layerwise", LayerwiseRecipe.Read),
        Training = fields.RequiredSection("training", training => TrainingRecipe.Read(training, leastEpochs: fields.Optional("layerwise") is null ? 1 : 0)),
        Json = json,
    };

    private static ModelRecipe ReadModel(RecipeFields fields)
    {
        IReadOnlyList<int>? layers = fields.Integers("layers", 0);
        if (layers is not null && layers.Zip(layers.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw fields.Required("layers").Fail("layers in rising order, each once");
        return new()
        {
            From = fields.RequiredPath("from"),
            Random = fields.Flag("random", false),
            Layers = layers,
            Dropout = fields.OptionalNumber("dropout", 0, 0.99),
            AttentionDropout = fields.OptionalNumber("attentionDropout", 0, 0.99),
            WordDropout = fields.Number("wordDropout", 0, 0, 0.99),
            WordDropoutToken = fields.String("wordDropoutToken", "[UNK]")!,
        };
    }

    private static DataRecipe ReadData(RecipeFields fields)
    {
        fields.Required("format");
        DataFormat format = fields.Choice(
            "format", default, ("wordnet", DataFormat.WordNet), ("tsv", DataFormat.Tsv), ("csv", DataFormat.Csv), ("jsonl", DataFormat.JsonLines));
        bool files = format != DataFormat.WordNet;
        return new()
        {
            Format = format,
            Folder = files ? null : fields.OptionalPath("folder") ?? DefaultWordNetFolder,
            Training = files ? fields.RequiredPath("training") : null,
            Validation = files ? fields.RequiredPath("validation") : null,
            Test = files ? fields.OptionalPath("test") : null,
            TextColumn = fields.String("text", "text")!,
            PairColumn = fields.String("pair"),
            LabelColumn = fields.String("label", "label")!,
            MaxLength = fields.Integer("maxLength", 128, 3),
            Limit = fields.Integer("limit", 0, 0),
            Cache = fields.OptionalPath("cache"),
        };
    }
}
