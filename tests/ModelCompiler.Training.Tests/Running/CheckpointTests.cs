using ModelCompiler.Training.Checkpoints;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;

namespace ModelCompiler.Training.Tests.Running;

public sealed class CheckpointTests
{
    [Fact]
    public void FullDiskLeavesTheEarlierCheckpoint()
    {
        using var folder = new TestFolder();
        using TrainableEncoder model = EncoderReader.Random(Fixtures.WriteTinyBert(folder.File("tiny")), torch.CPU, seed: 1);
        using var parameters = new FlatParameters(model.Parameters);
        using var optimizer = new AdamW(parameters, 0.9, 0.999, 0.01);
        var store = new CheckpointStore(folder.File("checkpoint"), "{}");
        store.Save(Progress(10), parameters, optimizer, model);
        byte[] before = File.ReadAllBytes(store.StatePath);

        // What a write to a full disk throws, with the system's own words.
        store.OnWrite = _ =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            full.Write(new byte[4096]);
        };
        var exception = Should.Throw<CheckpointWriteException>(() => store.Save(Progress(20), parameters, optimizer, model));
        exception.Message.ShouldContain("step 20");
        exception.Message.ShouldContain("No space left on device");
        exception.Message.ShouldContain("checkpoint of step 10 is intact");
        File.ReadAllBytes(store.StatePath).ShouldBe(before);
        Directory.GetFiles(folder.File("checkpoint")).ShouldHaveSingleItem();

        store.OnWrite = null;
        store.Restore(parameters, optimizer, model).Step.ShouldBe(10);
    }

    [Fact]
    public void CheckpointOfAnotherRecipeIsRefused()
    {
        using var folder = new TestFolder();
        using TrainableEncoder model = EncoderReader.Random(Fixtures.WriteTinyBert(folder.File("tiny")), torch.CPU, seed: 1);
        using var parameters = new FlatParameters(model.Parameters);
        using var optimizer = new AdamW(parameters, 0.9, 0.999, 0.01);
        new CheckpointStore(folder.File("checkpoint"), "{}").Save(Progress(1), parameters, optimizer, model);
        Should.Throw<TrainingException>(() => new CheckpointStore(folder.File("checkpoint"), """{"seed":1}""").Restore(parameters, optimizer, model))
            .Message.ShouldContain("state.safetensors");
    }

    private static TrainingProgress Progress(long step) => new()
    {
        Step = step, Updates = step, LossScale = 1, GoodSteps = 0, BestAccuracy = -1, BestStep = 0, Seconds = 0,
    };
}
