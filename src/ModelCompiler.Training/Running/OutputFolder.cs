using System.Text.Json;
using ModelCompiler.Training.Export;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>The files of a run: <c>checkpoint/</c>, <c>model/</c>, <c>log.jsonl</c>, <c>result.json</c>, <c>recipe.json</c>, <c>report.html</c>.</summary>
public static class OutputFolder
{
    private static readonly JsonSerializerOptions ResultFormat = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Folder of the trained model.</summary>
    public static string ModelPath(Recipe recipe) => Path.Combine(recipe.Output, "model");

    /// <summary>Folder of checkpoints of training.</summary>
    public static string CheckpointPath(Recipe recipe) => Path.Combine(recipe.Output, "checkpoint");

    /// <summary>The log, a JSON object a line.</summary>
    public static string LogPath(Recipe recipe) => Path.Combine(recipe.Output, "log.jsonl");

    /// <summary>The report with charts.</summary>
    public static string ReportPath(Recipe recipe) => Path.Combine(recipe.Output, "report.html");

    private static string ResultPath(Recipe recipe) => Path.Combine(recipe.Output, "result.json");

    private static string RecipePath(Recipe recipe) => Path.Combine(recipe.Output, "recipe.json");

    /// <summary>Makes the folder; refuses one in which another run left its checkpoints.</summary>
    /// <exception cref="TrainingException">There is a checkpoint, and training is not to go on from it.</exception>
    public static void Prepare(Recipe recipe, bool resume, bool firstProcess)
    {
        if (!firstProcess)
            return;
        if (!resume && Directory.Exists(CheckpointPath(recipe)) && Directory.EnumerateFileSystemEntries(CheckpointPath(recipe)).Any())
            throw new TrainingException($"{recipe.Output}: expected a folder without checkpoints, found {CheckpointPath(recipe)}; resume that run or name another output.");
        Directory.CreateDirectory(recipe.Output);
        File.WriteAllText(RecipePath(recipe), recipe.Json + "\n");
    }

    /// <summary>The result of a finished run of the same recipe; null where there is none.</summary>
    public static TrainingResult? FinishedResult(Recipe recipe) =>
        File.Exists(ResultPath(recipe)) && File.Exists(RecipePath(recipe)) && File.ReadAllText(RecipePath(recipe)).TrimEnd() == recipe.Json
            ? JsonSerializer.Deserialize<TrainingResult>(File.ReadAllText(ResultPath(recipe)), ResultFormat)
            : null;

    /// <summary>Writes result.json.</summary>
    public static void WriteResult(Recipe recipe, TrainingResult result)
    {
        string temporary = ResultPath(recipe) + ".tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(result, ResultFormat) + "\n");
        File.Move(temporary, ResultPath(recipe), overwrite: true);
    }

    /// <summary>Writes the model aside and puts it in the place of an earlier one: codes where the recipe quantizes, else floats.</summary>
    public static void WriteModel(Recipe recipe, TrainableEncoder model)
    {
        string target = ModelPath(recipe), temporary = target + ".new";
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        if (recipe.Quantization is { } quantization)
            QuantizedExport.Write(model, quantization.Scheme, recipe.Model.From, temporary);
        else
            EncoderWriter.Write(model, recipe.Model.From, temporary);
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        Directory.Move(temporary, target);
    }
}
