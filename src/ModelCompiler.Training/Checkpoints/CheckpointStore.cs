using System.Text.Json;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;

namespace ModelCompiler.Training.Checkpoints;

/// <summary>
/// The checkpoints of one run: <c>state.safetensors</c>, from which training goes on, and <c>best.safetensors</c>, the
/// model of the best evaluation. A file is written beside its place and renamed, so it is whole or the one before.
/// </summary>
public sealed class CheckpointStore
{
    private const string ProgressKey = "progress", RecipeKey = "recipe", LayoutKey = "layout";

    private readonly string _folder;
    private readonly string _recipe;

    /// <summary>Checkpoints in a folder, which is made.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="recipe">The recipe as JSON; a checkpoint of another one is refused.</param>
    public CheckpointStore(string folder, string recipe)
    {
        (_folder, _recipe) = (folder, recipe);
        Directory.CreateDirectory(folder);
    }

    /// <summary>The state's file.</summary>
    public string StatePath => Path.Combine(_folder, "state.safetensors");

    /// <summary>The best model's file.</summary>
    public string BestPath => Path.Combine(_folder, "best.safetensors");

    /// <summary>True where training can go on from.</summary>
    public bool HasState => File.Exists(StatePath);

    /// <summary>Step of the state last written or read; null for none.</summary>
    public long? LastStep { get; private set; }

    /// <summary>Called with each file while it is written; tests let it fail.</summary>
    internal Action<Stream>? OnWrite { get; set; }

    /// <summary>Writes the state.</summary>
    /// <exception cref="CheckpointWriteException">The file could not be written; the one before is intact.</exception>
    public void Save(TrainingProgress progress, FlatParameters parameters, AdamW optimizer, TrainableEncoder model)
    {
        Write(StatePath, progress, StateTensors.Full(parameters, optimizer, model), model, parameters);
        LastStep = progress.Step;
    }

    /// <summary>Writes the best model.</summary>
    /// <exception cref="CheckpointWriteException">The file could not be written; the one before is intact.</exception>
    public void SaveBest(TrainingProgress progress, FlatParameters parameters, TrainableEncoder model) =>
        Write(BestPath, progress, StateTensors.Model(parameters, model), model, parameters);

    /// <summary>Reads the state back, bit for bit.</summary>
    /// <exception cref="TrainingException">The checkpoint is of another recipe or another model.</exception>
    public TrainingProgress Restore(FlatParameters parameters, AdamW optimizer, TrainableEncoder model)
    {
        TrainingProgress progress = Read(StatePath, StateTensors.Full(parameters, optimizer, model), parameters, model);
        LastStep = progress.Step;
        return progress;
    }

    /// <summary>Reads the best model.</summary>
    public void RestoreBest(FlatParameters parameters, TrainableEncoder model) =>
        Read(BestPath, StateTensors.Model(parameters, model), parameters, model);

    private void Write(
        string path, TrainingProgress progress, IEnumerable<(string Name, Tensor Value)> tensors, TrainableEncoder model, FlatParameters parameters)
    {
        var metadata = new Dictionary<string, string>
        {
            [ProgressKey] = JsonSerializer.Serialize(progress),
            [RecipeKey] = _recipe,
            [LayoutKey] = parameters.Layout,
        };
        List<TensorSource> sources = [.. tensors.Select(t => StateTensors.ToSource(t.Name, t.Value)), .. StateTensors.Ranges(model)];
        if (OnWrite is { } onWrite)
            sources.Add(new("probe", TensorElementType.UInt8, [0], onWrite));
        try
        {
            SafetensorsWriter.Write(path, sources, metadata);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointWriteException(path, progress.Step, LastStep, e);
        }
    }

    private TrainingProgress Read(
        string path, IEnumerable<(string Name, Tensor Value)> tensors, FlatParameters parameters, TrainableEncoder model)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(ProgressKey, out string? progress) || JsonSerializer.Deserialize<TrainingProgress>(progress) is not { } read)
            throw new TrainingException($"{path}: expected a checkpoint of training, found one without '{ProgressKey}'.");
        if (file.Metadata.GetValueOrDefault(RecipeKey) != _recipe)
            throw new TrainingException($"{path}: expected a checkpoint of this recipe, found one of another (or its fields changed since); train into another folder.");
        if (file.Metadata.GetValueOrDefault(LayoutKey) != parameters.Layout)
            throw new TrainingException($"{path}: expected the parameters of this model, found others.");
        foreach ((string name, Tensor value) in tensors)
            StateTensors.Restore(file, name, value);
        StateTensors.RestoreRanges(file, model);
        return read;
    }
}
