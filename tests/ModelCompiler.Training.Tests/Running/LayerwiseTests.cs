using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Tests.Running;

/// <summary>Distillation of one layer after the other, without training behind it.</summary>
public sealed class LayerwiseTests
{
    [Fact]
    public void EveryLayerComesNearerToTheOriginals()
    {
        using var tiny = new TinyRecipe();
        TrainingResult original = Trainer.Run(tiny.Read("training.epochs=8", "output={folder}/float"), new());
        var layers = new Layers();
        string[] fields = ["model.random=false", $"model.from={original.Model}", "training.epochs=0", """quantization={"precision":"w4a4"}"""];
        TrainingResult distilled = Trainer.Run(
            tiny.Read([.. fields, """layerwise={"steps":120,"batch":24,"learningRate":1e-3}""", "output={folder}/distilled"]), new() { Observers = [layers] });
        layers.Reports.Count.ShouldBe(layers.Reports[0].Layers);
        layers.Reports.ShouldAllBe(report => report.After < 0.7 * report.Before);
        distilled.Steps.ShouldBe(0);
        distilled.ValidationAccuracy.ShouldBeGreaterThanOrEqualTo(original.ValidationAccuracy - 0.05);
        File.Exists(Path.Combine(distilled.Model, "model.safetensors")).ShouldBeTrue();
        Should.Throw<TrainingException>(() => Trainer.Run(tiny.Read("layerwise={}", "output={folder}/random"), new())).Message.ShouldContain("model.random false");
        Should.Throw<RecipeException>(() => tiny.Read("training.epochs=0")).Field.ShouldBe("training.epochs");
    }

    private sealed class Layers : ITrainingObserver
    {
        public List<LayerReport> Reports { get; } = [];

        public void OnLayer(LayerReport report) => Reports.Add(report);

        public void OnStart(RunStart start)
        {
        }

        public void OnSteps(StepReport report)
        {
        }

        public void OnEvaluation(EvaluationReport report)
        {
        }

        public void OnCheckpoint(long step)
        {
        }

        public void OnFinish(TrainingResult result)
        {
        }
    }
}
