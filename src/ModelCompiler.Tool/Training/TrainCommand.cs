using System.CommandLine;
using System.Globalization;
using ModelCompiler.Runtime;
using ModelCompiler.Training.Processes;
using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Running;
using ModelCompiler.Training.Sweeps;
using Spectre.Console;

namespace ModelCompiler.Tool.Training;

/// <summary><c>modelc train RECIPE</c>: trains what a recipe says, or a grid of recipes with <c>--sweep</c>.</summary>
public static class TrainCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create(TextChannels channels)
    {
        var file = new Argument<string>("recipe") { Description = "Recipe (JSON); a sweep with --sweep." };
        var resume = new Option<bool>("--resume") { Description = "Goes on from the last checkpoint of the output folder, where there is one." };
        var sweep = new Option<bool>("--sweep") { Description = "The file is a sweep: a recipe and a grid of fields." };
        var part = new Option<string>("--part") { Description = "With --sweep: K/N runs every N-th point from the K-th on, so that N processes share a grid." };
        var report = new Option<bool>("--report") { Description = "With --sweep: writes the table and the picture from the results that are there, and trains nothing." };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };
        var set = new Option<string[]>("--set") { Description = "Sets a field, such as training.epochs=3. Repeatable." };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON and no progress." };
        var command = new Command("train", "Trains an encoder: full precision, quantization-aware, with distillation.") { file, resume, sweep, part, report, device, set, json };
        command.SetAction(parsed =>
        {
            bool quiet = parsed.GetValue(json);
            string path = parsed.GetRequiredValue(file);
            string[] assignments = parsed.GetValue(set) ?? [];
            if (parsed.GetValue(report))
                return ReportSweep(channels, Sweep.Read(path, assignments), quiet);
            using IProcessGroup processes = ProcessGroups.FromEnvironment(parsed.GetValue(device)!);
            var options = new TrainingOptions
            {
                Device = processes.Size > 1 && parsed.GetValue(device) == "cuda" ? $"cuda:{ProcessGroups.LocalRank}" : parsed.GetValue(device)!,
                Resume = parsed.GetValue(resume),
                Processes = processes,
            };
            return parsed.GetValue(sweep)
                ? RunSweep(channels, PartOf(Sweep.Read(path, assignments), parsed.GetValue(part)), options, quiet)
                : RunRecipe(channels, RecipeReader.Read(path, assignments), options, quiet);
        });
        return command;
    }

    private static Sweep PartOf(Sweep sweep, string? part) => part switch
    {
        null => sweep,
        _ when part.Split('/') is [var k, var n] && int.TryParse(k, out int number) && int.TryParse(n, out int parts) && number >= 1 && number <= parts
            => sweep.Part(number, parts),
        _ => throw new ModelCompilerException($"--part: expected K/N with 1 <= K <= N, found \"{part}\"."),
    };

    private static int RunRecipe(TextChannels channels, Recipe recipe, TrainingOptions options, bool quiet)
    {
        using var progress = new TrainingProgressView(channels, quiet);
        TrainingResult result = Trainer.Run(recipe, options with { Observers = [progress] });
        if (options.Processes.Rank == 0)
            Report(channels, [result], quiet, OutputFolder.ReportPath(recipe));
        return ModelCompilerTool.Success;
    }

    private static int RunSweep(TextChannels channels, Sweep sweep, TrainingOptions options, bool quiet)
    {
        if (options.Processes.Size > 1)
            throw new ModelCompilerException("train --sweep: expected one process, found several; a grid is better spread by running points of it apart.");
        using var progress = new TrainingProgressView(channels, quiet);
        IReadOnlyList<SweepResult> results = sweep.Run(
            options with { Observers = [progress] },
            (point, number) =>
            {
                if (!quiet)
                    channels.Messages.WriteLine($"{number} of {sweep.Points.Count}: {point.Recipe.Name}");
            });
        Report(channels, [.. results.Select(r => r.Result)], quiet, sweep.ReportPath);
        return ModelCompilerTool.Success;
    }

    private static int ReportSweep(TextChannels channels, Sweep sweep, bool quiet)
    {
        IReadOnlyList<SweepResult> results = sweep.Report();
        if (results.Count == 0)
            throw new ModelCompilerException($"train --report: expected results of the sweep in {sweep.Output}, found none.");
        Report(channels, [.. results.Select(r => r.Result)], quiet, sweep.ReportPath);
        channels.Messages.WriteLine($"{results.Count} of {sweep.Points.Count} points have a result; table: {sweep.TablePath}");
        return ModelCompilerTool.Success;
    }

    private static void Report(TextChannels channels, IReadOnlyList<TrainingResult> results, bool json, string page)
    {
        if (json)
        {
            Output.JsonResult.Write(channels.Results, results);
            return;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumn("run");
        foreach (string name in (string[])["validation %", "test %", "teacher's test %", "best step", "steps", "seed", "seconds"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (TrainingResult r in results)
        {
            table.AddRow(
                Markup.Escape(r.Name), Percent(r.ValidationAccuracy), Percent(r.TestAccuracy), Percent(r.TeacherTestAccuracy),
                $"{r.BestStep}", $"{r.Steps}", $"{r.Seed}", r.Seconds.ToString("0", CultureInfo.InvariantCulture));
        }

        channels.ResultConsole.Write(table);
        if (results.Count == 1)
            channels.Results.WriteLine($"model: {results[0].Model}");
        channels.Results.WriteLine($"report: {page}");
    }

    private static string Percent(double? share) => share is { } value ? (100 * value).ToString("0.00", CultureInfo.InvariantCulture) : "-";
}
