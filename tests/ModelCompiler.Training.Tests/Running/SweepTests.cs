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
}
