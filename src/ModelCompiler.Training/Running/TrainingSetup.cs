using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Data;
using ModelCompiler.Runtime.Text;
using ModelCompiler.Training.Checkpoints;
using ModelCompiler.Training.Data;
using ModelCompiler.Training.Distillation;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;
using ModelCompiler.Training.Pruning;
using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Reports;

namespace ModelCompiler.Training.Running;

/// <summary>Everything that a recipe names, opened and checked before the first step.</summary>
internal sealed class TrainingSetup : IDisposable
{
    private TrainingSetup()
    {
    }

    public required TrainableEncoder Model { get; init; }

    public required Distiller? Distiller { get; init; }

    public required WordDropout? Noise { get; init; }

    public required TokenizedData Training { get; init; }

    public required TokenizedData Validation { get; init; }

    public required TokenizedData? Test { get; init; }

    public required FlatParameters Parameters { get; init; }

    public required AdamW Optimizer { get; init; }

    public required CheckpointStore Checkpoints { get; init; }

    public required IReadOnlyList<ITrainingHook> Hooks { get; init; }

    public required IReadOnlyList<ITrainingObserver> Observers { get; init; }

    public static TrainingSetup Create(Recipe recipe, TrainingOptions options)
    {
        torch.Device device = TrainingDevice.Open(options.Device, recipe.Training.Compute);
        OutputFolder.Prepare(recipe, options.Resume, options.Processes.Rank == 0);
        var checkpoints = new CheckpointStore(OutputFolder.CheckpointPath(recipe), recipe.Json);
        EncoderReader.ModelOf(recipe.Model.From, recipe.Model.Layers, out ModelFolder files);
        TrainableEncoder model = recipe.Model.Random
            ? EncoderReader.Random(recipe.Model.From, device, recipe.Seed, recipe.Model.Layers)
            : EncoderReader.FromFolder(recipe.Model.From, device, recipe.Model.Layers);
        if (recipe.Data.MaxLength > model.Model.MaxSequence)
            throw new TrainingException($"data.maxLength: expected at most {model.Model.MaxSequence}, the positions of {recipe.Model.From}, found {recipe.Data.MaxLength}.");
        model.Dropout = DropoutOf(recipe.Model, files);

        string[] labels = files.LabelsFor(model.Model);
        TokenizedData? Read(DataSplit split) =>
            TextFiles.Read(recipe.Data, split, labels) is { Count: > 0 } examples
                ? TokenCache.Get(recipe.Data.Cache, recipe.Model.From, examples, recipe.Data.MaxLength)
                : null;
        TokenizedData training = Read(DataSplit.Training)!;
        if (recipe.Quantization is { } quantization)
        {
            model.Quantize(quantization.Scheme);
            model.StoresHalf = true;
            StaticRanges.Calibrate(model, training, Math.Min(recipe.Training.Batch, 64), quantization.CalibrationBatches, recipe.Seed);
            StaticRanges.SetClips(model, quantization);
        }

        IReadOnlyList<ITrainingHook> hooks = Attach(recipe, options, model);
        var parameters = new FlatParameters(model.Parameters);
        return new()
        {
            Model = model,
            Distiller = recipe.Distillation is { } distillation ? Distiller.Open(distillation, recipe.Model, model) : null,
            Noise = recipe.Model.WordDropout > 0
                ? new(WordPieceTokenizer.FromFolder(recipe.Model.From), recipe.Model.WordDropout, recipe.Model.WordDropoutToken)
                : null,
            Training = training,
            Validation = Read(DataSplit.Validation)!,
            Test = Read(DataSplit.Test),
            Parameters = parameters,
            Optimizer = new(parameters, recipe.Training.Beta1, recipe.Training.Beta2, recipe.Training.WeightDecay),
            Checkpoints = checkpoints,
            Hooks = hooks,
            Observers = options.Processes.Rank == 0 ? [new TrainingLog(OutputFolder.LogPath(recipe)), .. options.Observers, new ReportWriter(recipe)] : [],
        };
    }

    public void Dispose()
    {
        Model.Dispose();
        Distiller?.Dispose();
        Parameters.Dispose();
        Optimizer.Dispose();
        foreach (IDisposable observer in Observers.OfType<TrainingLog>())
            observer.Dispose();
    }

    private static IReadOnlyList<ITrainingHook> Attach(Recipe recipe, TrainingOptions options, TrainableEncoder model)
    {
        IReadOnlyList<ITrainingHook> hooks = recipe.Pruning is { } pruning ? [new PruningHook(pruning), .. options.Hooks] : options.Hooks;
        foreach (ITrainingHook hook in hooks)
            hook.Attach(model, recipe);
        return hooks;
    }

    /// <summary>The recipe's probabilities, else the configuration's, else none.</summary>
    private static Dropout DropoutOf(ModelRecipe recipe, ModelFolder files)
    {
        using var config = System.Text.Json.JsonDocument.Parse(files.ConfigText);
        double Of(string name, string distil) =>
            (config.RootElement.TryGetProperty(name, out var value) || config.RootElement.TryGetProperty(distil, out value))
            && value.ValueKind == System.Text.Json.JsonValueKind.Number ? value.GetDouble() : 0;
        return new(
            recipe.Dropout ?? Of("hidden_dropout_prob", "dropout"),
            recipe.AttentionDropout ?? Of("attention_probs_dropout_prob", "attention_dropout"));
    }
}
