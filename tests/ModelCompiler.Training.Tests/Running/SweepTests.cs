using ModelCompiler.Training.Sweeps;

namespace ModelCompiler.Training.Tests.Running;

public sealed class SweepTests
{
    [Fact]
    public void GridIsRunOnceAndTabled()
    {
        using var tiny = new TinyRecipe();
        string path = tiny.File("grid.json");
        File.WriteAllText(path, """{ "recipe": "recipe.json", "output": "grid", "grid": { "training.learningRate": [1e-3, 3e-3], "seed": [1, 2] } }""");
        Sweep sweep = Sweep.Read(path, "training.maxSteps=5");
        int runs = 0;
        sweep.Part(2, 2).Run(new(), (_, _) => runs++).Select(r => r.Point.Recipe.Name).ShouldBe(["learningRate=1e-3, seed=2", "learningRate=3e-3, seed=2"]);
        runs.ShouldBe(2);
        sweep.Run(new()).Count.ShouldBe(4);
        string report = File.ReadAllText(tiny.File("grid/grid.html"));
        report.ShouldContain("learningRate=3e-3, seed=2");

        // A second run finds the results.
        DateTime written = File.GetLastWriteTimeUtc(tiny.File("grid/04/model/model.safetensors"));
        Sweep.Read(path, "training.maxSteps=5").Run(new()).Count.ShouldBe(4);
        File.GetLastWriteTimeUtc(tiny.File("grid/04/model/model.safetensors")).ShouldBe(written);
    }
    [Fact]
    public void ReportOfResultsHasMeansOverSeedsAndAccuracyOverEpochs()
    {
        using var tiny = new TinyRecipe();
        string path = tiny.File("grid.json");
        File.WriteAllText(path, """
            {
              "recipe": "recipe.json", "output": "grid",
              "grid": { "quantization": [{ "precision": "w4a8", "activations": "asymmetric" }, { "precision": "w8a8" }], "training.epochs": [1, 2], "seed": [1, 2] }
            }
            """);
        Sweep sweep = Sweep.Read(path, "training.maxSteps=3");
        sweep.Points[0].Recipe.Name.ShouldBe("precision=w4a8, activations=asymmetric, epochs=1, seed=1");
        sweep.Report().ShouldBeEmpty();

        // All but the last point, as when a sweep was stopped.
        for (int part = 1; part <= 7; part++)
            sweep.Part(part, 8).Run(new());
        IReadOnlyList<SweepResult> results = sweep.Report();
        results.Count.ShouldBe(7);
        double[] first = [.. results.Take(2).Select(r => 100 * r.Result.TestAccuracy!.Value)];
        double deviation = Math.Abs(first[0] - first[1]) / Math.Sqrt(2);
        string[] lines = File.ReadAllLines(sweep.TablePath);
        lines[0].ShouldBe("| precision | activations | epochs | test, % | seed 1 | seed 2 | seconds |");
        lines[2].ShouldStartWith(FormattableString.Invariant($"| w4a8 | asymmetric | 1 | {first.Average():0.00} ± {deviation:0.00} | {first[0]:0.00} | {first[1]:0.00} | "));
        lines[5].ShouldStartWith(FormattableString.Invariant($"| w8a8 |  | 2 | {100 * results[6].Result.TestAccuracy:0.00} | {100 * results[6].Result.TestAccuracy:0.00} | – | "));
        string chart = File.ReadAllText(sweep.ChartPath);
        chart.ShouldContain(">w4a8, asymmetric<");
        chart.Split("<polyline").Length.ShouldBe(1 + 2);
    }
}
