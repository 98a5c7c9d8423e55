using ModelCompiler.Training.Checkpoints;
using ModelCompiler.Training.Reports;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Tests.Running;

public sealed class TrainerTests
{
    [Fact]
    public void TinyModelLearnsItsTask()
    {
        using var tiny = new TinyRecipe(dropout: 0.1);
        TrainingResult result = Trainer.Run(tiny.Read(), new());
        result.ValidationAccuracy.ShouldBeGreaterThan(0.9); // chance is 1 in 3
        result.TestAccuracy!.Value.ShouldBeGreaterThan(0.85);
        File.Exists(Path.Combine(result.Model, "model.safetensors")).ShouldBeTrue();
        RunCurves curves = RunCurves.Read(tiny.File("out/log.jsonl"));
        curves.Loss[^1].Y.ShouldBeLessThan(curves.Loss[0].Y / 2);
        File.ReadAllText(tiny.File("out/report.html")).ShouldContain("<polyline");
    }

    [Fact]
    public void StudentLearnsFromTeacherInFourBitsAndExports()
    {
        using var tiny = new TinyRecipe();
        TrainingResult teacher = Trainer.Run(tiny.Read(), new());
        TrainingResult student = Trainer.Run(
            tiny.Read(
                "output={folder}/student", "model.from={folder}/out/model", "model.random=false", "training.learningRate=5e-4", "training.epochs=3",
                """quantization={"precision":"w4a4","weights":"asymmetric","activations":"asymmetric"}""",
                """distillation={"teachers":"{folder}/out/model","logits":1,"temperature":2,"hidden":1,"attentionScores":0.1,"attention":0.1,"task":0.1}"""),
            new());
        student.TeacherValidationAccuracy.ShouldBe(teacher.ValidationAccuracy);
        student.ValidationAccuracy.ShouldBeGreaterThan(0.85);
        File.ReadAllText(Path.Combine(student.Model, "config.json")).ShouldContain("pack-quantized");
    }

    [Fact]
    public void LearnedClipAndStaticRangesTrain()
    {
        using var tiny = new TinyRecipe();
        TrainingResult result = Trainer.Run(
            tiny.Read("""quantization={"precision":"w8a8","range":"static","clip":4,"learnClip":true}"""), new());
        result.ValidationAccuracy.ShouldBeGreaterThan(0.8);
        File.Exists(Path.Combine(result.Model, "model.safetensors")).ShouldBeTrue();
    }

    [Fact]
    public void EqualSeedsGiveEqualWeights()
    {
        using var tiny = new TinyRecipe(dropout: 0.1);
        Trainer.Run(tiny.Read("training.epochs=1", "output={folder}/a", "model.wordDropout=0.1"), new());
        Trainer.Run(tiny.Read("training.epochs=1", "output={folder}/b", "model.wordDropout=0.1"), new());
        Trainer.Run(tiny.Read("training.epochs=1", "output={folder}/c", "model.wordDropout=0.1", "seed=8"), new());
        string Weights(string run) => Fixtures.HashOf(tiny.File($"{run}/model/model.safetensors"));
        Weights("a").ShouldBe(Weights("b"));
        Weights("a").ShouldNotBe(Weights("c"));
    }

    [Fact]
    public void AccumulatedPartsGiveTheWholeBatchsStep()
    {
        using var tiny = new TinyRecipe();
        double Loss(string run, params string[] fields)
        {
            Trainer.Run(tiny.Read([$"output={{folder}}/{run}", "training.maxSteps=10", "training.logEvery=1", .. fields]), new());
            return RunCurves.Read(tiny.File($"{run}/log.jsonl")).Loss[^1].Y;
        }

        Loss("whole").ShouldBe(Loss("parts", "training.accumulation=3"), tolerance: 1e-4);
    }

    [Fact]
    public void NotFiniteLossNamesItsStepAndLeavesTheCheckpoint()
    {
        using var tiny = new TinyRecipe();
        var exception = Should.Throw<NonFiniteLossException>(() => Trainer.Run(
            tiny.Read("training.clipNorm=0", "training.maxSteps=30"), new() { Hooks = [new BreakAt(17)] }));
        exception.Step.ShouldBe(17);
        exception.Message.ShouldContain("step 17");
        exception.Message.ShouldContain("state.safetensors");
        using var state = Runtime.Weights.SafetensorsFile.Open(tiny.File("out/checkpoint/state.safetensors"));
        state.ReadSingles("values").ShouldAllBe(v => float.IsFinite(v));
    }

    [Fact]
    public void SecondRunIntoTheSameFolderIsRefused()
    {
        using var tiny = new TinyRecipe();
        Trainer.Run(tiny.Read("training.maxSteps=2"), new());
        Should.Throw<TrainingException>(() => Trainer.Run(tiny.Read("training.maxSteps=2"), new())).Message.ShouldContain("resume");
        Should.Throw<TrainingException>(() => Trainer.Run(tiny.Read("training.maxSteps=3"), new() { Resume = true })).Message.ShouldContain("another");
    }

    /// <summary>Spoils a weight in front of one step.</summary>
    private sealed class BreakAt(long bad) : ITrainingHook
    {
        public void Attach(Training.Modules.TrainableEncoder model, Training.Recipes.Recipe recipe)
        {
        }

        public void BeforeStep(Training.Modules.TrainableEncoder model, long step, long steps)
        {
            if (step == bad)
                model.Head.Bias.Value.detach().fill_(float.NaN);
        }
    }
}
