using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ModelCompiler.Training.Reports;

namespace ModelCompiler.Training.Tests.Running;

/// <summary>Two processes, joined by gloo, train as one.</summary>
public sealed class GlooTests
{
    [Fact]
    public void TwoProcessesGiveTheLossOfOne()
    {
        using var tiny = new TinyRecipe();
        string[] fields = ["training.maxSteps=30", "training.logEvery=1"];
        ModelcTrain.Finish(ModelcTrain.Start(tiny, "one", fields));
        string port = FreePort();
        Process[] two = [.. Enumerable.Range(0, 2).Select(rank => ModelcTrain.Start(tiny, "two", fields, [
            ("WORLD_SIZE", "2"), ("RANK", rank.ToString(CultureInfo.InvariantCulture)), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", port)]))];
        foreach (Process process in two)
            ModelcTrain.Finish(process);

        var one = RunCurves.Read(tiny.File("one/log.jsonl")).Loss;
        var both = RunCurves.Read(tiny.File("two/log.jsonl")).Loss;
        one.Count.ShouldBe(30);
        both.Count.ShouldBe(30);
        for (int i = 0; i < one.Count; i++)
            both[i].Y.ShouldBe(one[i].Y, tolerance: 1e-4, $"step {one[i].X}");
        one[^1].Y.ShouldBeLessThan(one[0].Y);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
