using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Processes;
using ModelCompiler.Training.Reports;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Tests.Running;

public sealed class ProcessTests
{
    [Theory]
    [InlineData("training.accumulation=1")]
    [InlineData("training.accumulation=2")]
    public async Task TwoProcessesGiveTheLossOfOne(string accumulation)
    {
        using var tiny = new TinyRecipe();
        // Threads share the generator of random weights, which processes do not: so they start from a folder.
        using (TrainableEncoder start = EncoderReader.Random(tiny.File("tiny"), torch.CPU, seed: 1))
            EncoderWriter.Write(start, tiny.File("tiny"), tiny.File("start"));
        string[] fields = ["model.random=false", "model.from={folder}/start", "training.maxSteps=20", "training.logEvery=1", accumulation, """quantization={"precision":"w4a8"}"""];
        Trainer.Run(tiny.Read([.. fields, "output={folder}/one"]), new());

        using var meeting = new Barrier(2);
        var sums = new Tensor?[2];
        Task second = Task.Run(() => Trainer.Run(tiny.Read([.. fields, "output={folder}/two"]), new() { Processes = new Half(1, meeting, sums) }));
        TrainingResult result = Trainer.Run(tiny.Read([.. fields, "output={folder}/two"]), new() { Processes = new Half(0, meeting, sums) });
        await second.WaitAsync(TimeSpan.FromSeconds(30));
        result.Processes.ShouldBe(2);

        var one = RunCurves.Read(tiny.File("one/log.jsonl")).Loss;
        var two = RunCurves.Read(tiny.File("two/log.jsonl")).Loss;
        one.Count.ShouldBe(20);
        two[0].Y.ShouldBe(one[0].Y, tolerance: 1e-5);
        two[^1].Y.ShouldBe(one[^1].Y, tolerance: 2e-2); // 4-bit codes turn for the last bits of sums
    }

    [Fact]
    public void MissingVariableIsNamed()
    {
        Environment.SetEnvironmentVariable("WORLD_SIZE", "2");
        try
        {
            Should.Throw<TrainingException>(() => ProcessGroups.FromEnvironment("cpu")).Message.ShouldContain("RANK");
        }
        finally
        {
            Environment.SetEnvironmentVariable("WORLD_SIZE", null);
        }
    }

    /// <summary>One of two threads that stand for processes.</summary>
    private sealed class Half(int rank, Barrier meeting, Tensor?[] sums) : IProcessGroup
    {
        public int Rank => rank;

        public int Size => 2;

        public void Sum(Tensor values)
        {
            sums[rank] = values.detach().clone();
            meeting.SignalAndWait();
            using (torch.no_grad())
                values.copy_(sums[0]!.add(sums[1]!));
            meeting.SignalAndWait();
        }

        public void Dispose()
        {
        }
    }
}
