using System.Text.Json;

namespace ModelCompiler.Tool.Tests;

/// <summary><c>modelc inspect</c>.</summary>
public class InspectTests
{
    [Fact]
    public void A_configuration_is_planned_and_scheduled_for_every_target()
    {
        ToolRun run = ToolRun.Of("inspect", "--config", Path.Combine(ToolRun.WordNetModel, "config.json"), "--precision", "w4a4", "--plan");

        run.Code.ShouldBe(0, run.Messages);
        run.Results.ShouldContain("4 layers, hidden 256, 4 heads of 64");
        run.Results.ShouldContain("layer3.mlp_output");
        foreach (string target in (string[])["sm_80", "sm_86", "sm_89", "sm_90a"])
            run.Results.ShouldContain($"{target}: memory per bucket");
    }

    [Fact]
    public void The_classes_of_an_assembly_are_found()
    {
        ToolRun run = ToolRun.Of("inspect", ToolRun.OwnAssembly, "--json");

        run.Code.ShouldBe(0, run.Messages);
        JsonElement found = JsonDocument.Parse(run.Results).RootElement.EnumerateArray().Single();
        found.GetProperty("name").GetString().ShouldBe(typeof(TinyEncoder).FullName);
        found.GetProperty("planHash").GetString().ShouldBe(TinyEncoder.Descriptor.PlanHash);
        JsonElement target = found.GetProperty("targets").EnumerateArray().Single();
        target.GetProperty("arch").GetString().ShouldBe("sm_80");
        target.GetProperty("kernels").GetArrayLength().ShouldBe(TinyEncoder.Descriptor.Kernels().Count);
        target.GetProperty("buckets").EnumerateArray().Single().GetProperty("arenaBytes").GetInt64().ShouldBePositive();
    }

    [Fact]
    public void Weight_bytes_follow_the_precision()
    {
        long fp16 = WeightBytes("fp16"), w4 = WeightBytes("w4a16");

        // 4 layers of 12 H^2 weights at 2 bytes, and at half a byte with a scale for each of 9 H + ... rows.
        const long Linear = 4 * (4 * 256 * 256 + 2 * 256 * 1024);
        const long Rows = 4 * (3 * 256 + 256 + 1024 + 256);
        (fp16 - w4).ShouldBe(Linear * 3 / 2 - Rows * sizeof(float));
    }

    [Fact]
    public void Only_the_asked_targets_and_classes_are_shown()
    {
        ToolRun run = ToolRun.Of("inspect", "--config", Path.Combine(ToolRun.WordNetModel, "config.json"), "--arch", "sm_90a");
        run.Results.ShouldContain("sm_90a");
        run.Results.ShouldNotContain("sm_80");

        ToolRun.Of("inspect", ToolRun.OwnAssembly, "--class", "NoSuchClass").ShouldBeUserError("NoSuchClass");
    }

    private static long WeightBytes(string precision)
    {
        ToolRun run = ToolRun.Of("inspect", "--config", Path.Combine(ToolRun.WordNetModel, "config.json"), "--precision", precision, "--json", "--arch", "sm_80");
        return JsonDocument.Parse(run.Results).RootElement[0].GetProperty("weightBytes").GetInt64();
    }
}
