using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Reports;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Sweeps;

/// <summary>One point of a grid.</summary>
/// <param name="Assignments">Fields and values, such as <c>training.learningRate=0.0001</c>.</param>
/// <param name="Recipe">The recipe with these fields; it writes into a folder of its own.</param>
public sealed record SweepPoint(IReadOnlyList<string> Assignments, Recipe Recipe)
{
    /// <summary>The fields and their values as a reader writes them: strings without quotes.</summary>
    public IReadOnlyList<(string Field, string Value)> Settings { get; } =
        [.. Assignments.Select(a => a.Split('=', 2)).Select(parts => (parts[0], parts[1].Trim('"')))];
}

/// <summary>
/// A recipe run over a grid of fields (Wu et al., 2023, table B.1). The file has <c>recipe</c>, <c>output</c> and
/// <c>grid</c>, an object of fields and arrays of values. A value that is an object sets several fields of a section together.
/// </summary>
public sealed class Sweep
{
    private Sweep(string name, string output, IReadOnlyList<SweepPoint> points) => (Name, Output, Points) = (name, output, points);

    /// <summary>The file's name without extension.</summary>
    public string Name { get; }

    /// <summary>Folder of all runs, the table and the report.</summary>
    public string Output { get; }

    /// <summary>The page with all runs' curves and results.</summary>
    public string ReportPath => Path.Combine(Output, $"{Name}.html");

    /// <summary>The table in Markdown: a row for each combination but the seed's, with the mean over seeds.</summary>
    public string TablePath => Path.Combine(Output, $"{Name}.md");

    /// <summary>The picture of test accuracy over epochs, where the grid has several <c>training.epochs</c>.</summary>
    public string ChartPath => Path.Combine(Output, $"{Name}.svg");

    /// <summary>All combinations, the last field of the grid changing fastest.</summary>
    public IReadOnlyList<SweepPoint> Points { get; }

    /// <summary>Reads a sweep and every recipe of it, so that a wrong value shows before the first run.</summary>
    /// <exception cref="RecipeException">Names file, line, field, what was expected and what was found.</exception>
    public static Sweep Read(string path, params IEnumerable<string> assignments)
    {
        string[] fixedFields = [.. assignments];
        return RecipeFields.Read(RecipeNode.ReadFile(path), fields =>
        {
            string recipe = fields.RequiredPath("recipe"), output = fields.RequiredPath("output");
            RecipeNode grid = fields.Required("grid");
            if (grid.Properties.Count == 0)
                throw grid.Fail("an object of fields, each with an array of values");
            IEnumerable<string[]> points = [[]];
            foreach ((string field, RecipeNode values) in grid.Properties)
            {
                if (values.Items.Count == 0)
                    throw values.Fail("an array of values");
                points = points.SelectMany(point => values.Items.Select(value => (string[])[.. point, .. AssignmentsOf(field, value)]));
            }

            return new Sweep(Path.GetFileNameWithoutExtension(path), output, [.. points.Select((point, i) => Point(recipe, output, i, point, fixedFields))]);
        });
    }

    /// <summary>
    /// Every <paramref name="parts"/>-th point, from number <paramref name="part"/> on (both from 1): parts of one grid may run
    /// beside each other, and a run of the whole then finds their results.
    /// </summary>
    public Sweep Part(int part, int parts) => part >= 1 && part <= parts
        ? new($"{Name}-{part}-of-{parts}", Output, [.. Points.Where((_, i) => i % parts == part - 1)])
        : throw new ArgumentOutOfRangeException(nameof(part), part, $"a part of {parts} has a number from 1 to {parts}");

    /// <summary>Runs every point that has no result yet, and writes the reports after each.</summary>
    /// <param name="options">How each is run.</param>
    /// <param name="onPoint">Called in front of each run, with its number from 1.</param>
    public IReadOnlyList<SweepResult> Run(TrainingOptions options, Action<SweepPoint, int>? onPoint = null)
    {
        var results = new List<SweepResult>();
        foreach (SweepPoint point in Points)
        {
            onPoint?.Invoke(point, results.Count + 1);
            results.Add(new(point, OutputFolder.FinishedResult(point.Recipe) ?? Trainer.Run(point.Recipe, options)));
            WriteReports(results);
        }

        return results;
    }

    /// <summary>Writes the reports of the points that have a result, and runs nothing.</summary>
    public IReadOnlyList<SweepResult> Report()
    {
        var results = new List<SweepResult>();
        foreach (SweepPoint point in Points)
        {
            if (OutputFolder.FinishedResult(point.Recipe) is { } result)
                results.Add(new(point, result));
        }

        if (results.Count > 0)
            WriteReports(results);
        return results;
    }

    private void WriteReports(IReadOnlyList<SweepResult> results)
    {
        ReportPage.Write(ReportPath, Name, [.. results.Select(r => RunCurves.Read(OutputFolder.LogPath(r.Point.Recipe)))], [.. results.Select(r => r.Result)]);
        IReadOnlyList<SweepRow> rows = SweepRow.Of(results);
        ReportPage.Replace(TablePath, SweepTable.ToMarkdown(rows));
        if (SweepChart.OverEpochs(rows) is { } chart)
            ReportPage.Replace(ChartPath, chart.ToSvg());
    }

    private static IEnumerable<string> AssignmentsOf(string field, RecipeNode value) => value.Kind == System.Text.Json.JsonValueKind.Object
        ? value.Properties.SelectMany(p => AssignmentsOf($"{field}.{p.Key}", p.Value))
        : [$"{field}={value.ToJson()}"];

    private static SweepPoint Point(string recipe, string output, int index, string[] assignments, string[] fixedFields)
    {
        string name = string.Join(", ", assignments.Select(a => a[(a.LastIndexOf('.', a.IndexOf('=', StringComparison.Ordinal)) + 1)..].Replace("\"", "", StringComparison.Ordinal)));
        string folder = Path.Combine(output, $"{index + 1:00}");
        return new(assignments, RecipeReader.Read(recipe, [
            .. fixedFields, .. assignments, $"name={System.Text.Json.JsonSerializer.Serialize(name)}", $"output={System.Text.Json.JsonSerializer.Serialize(folder)}"]));
    }
}
