using System.Diagnostics;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Tests.Running;

/// <summary>A process that is killed in the middle goes on from its checkpoint and ends with the weights of one that was not.</summary>
public sealed class KillTests
{
    [Fact]
    public void ResumedRunEndsWithTheSameWeights()
    {
        using var tiny = new TinyRecipe(dropout: 0.1);
        string[] fields = ["model.wordDropout=0.1", "training.epochs=20", """quantization={"precision":"w4a4"}"""];
        using (Process process = ModelcTrain.Start(tiny, "killed", fields))
        {
            string state = tiny.File("killed/checkpoint/state.safetensors"), log = tiny.File("killed/log.jsonl");
            SpinWait.SpinUntil(() => process.HasExited || (File.Exists(state) && Steps(log) >= 35), TimeSpan.FromSeconds(60)).ShouldBeTrue();
            process.HasExited.ShouldBeFalse("the run was over before it could be killed");
            process.Kill(); // SIGKILL
            process.WaitForExit();
        }

        Directory.Exists(tiny.File("killed/model")).ShouldBeFalse();
        ModelcTrain.Finish(ModelcTrain.Start(tiny, "killed", fields, "--resume"));
        ModelcTrain.Finish(ModelcTrain.Start(tiny, "whole", fields));
        Fixtures.HashOf(tiny.File("killed/model/model.safetensors")).ShouldBe(Fixtures.HashOf(tiny.File("whole/model/model.safetensors")));
        Values(tiny.File("killed")).AsSpan().SequenceEqual(Values(tiny.File("whole"))).ShouldBeTrue();
        Steps(tiny.File("killed/log.jsonl")).ShouldBe(Steps(tiny.File("whole/log.jsonl")));
    }

    /// <summary>Parameters and moments of the last step, not only of the best.</summary>
    private static float[] Values(string run)
    {
        using var state = Runtime.Weights.SafetensorsFile.Open(Path.Combine(run, "checkpoint", "state.safetensors"));
        return [.. state.ReadSingles("values"), .. state.ReadSingles("first_moment"), .. state.ReadSingles("second_moment")];
    }

    private static long Steps(string log)
    {
        if (!File.Exists(log))
            return 0;
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n').Count(line => line.Contains("\"event\":\"steps\"", StringComparison.Ordinal)) * 5;
    }
}
