namespace ModelCompiler.Tool.Tests;

/// <summary>Exit codes and messages for a wrong command line and for wrong input.</summary>
public class CommandLineTests
{
    [Theory]
    [InlineData("no-such-command")]
    [InlineData("evaluate", "folder")]
    [InlineData("inspect")]
    [InlineData("inspect", "a.dll", "--config", "config.json")]
    [InlineData("inspect", "--config", "config.json", "--precision", "w2a2")]
    [InlineData("inspect", "--config", "config.json", "--group", "32")]
    [InlineData("inspect", "--config", "config.json", "--part", "qkv:w8a8")]
    [InlineData("inspect", "a.dll", "--arch", "sm_70")]
    [InlineData("quantize", "folder")]
    [InlineData("quantize", "folder", "out", "--static")]
    public void A_command_line_that_does_not_parse_is_a_usage_error(params string[] arguments)
    {
        ToolRun run = ToolRun.Of(arguments);
        run.Code.ShouldBe(ModelCompilerTool.UsageError);
        run.Messages.ShouldNotBeEmpty();
    }

    [Fact]
    public void Help_names_the_commands()
    {
        ToolRun run = ToolRun.Of("--help");
        run.Code.ShouldBe(ModelCompilerTool.Success);
        foreach (string command in (string[])["inspect", "compile", "quantize", "evaluate"])
            run.Results.ShouldContain(command);
    }

    [Fact]
    public void A_missing_folder_is_named() =>
        ToolRun.Of("evaluate", "no-such-folder", "--data", "data.tsv").ShouldBeUserError("no-such-folder");

    [Fact]
    public void A_missing_assembly_is_named() =>
        ToolRun.Of("inspect", "no-such.dll").ShouldBeUserError("no-such.dll");

    [Fact]
    public void A_file_that_is_no_assembly_is_named()
    {
        using var folder = new TestFolder();
        string path = folder.Write("text.dll", "not an assembly");
        ToolRun.Of("inspect", path).ShouldBeUserError("text.dll");
    }

    [Fact]
    public void An_assembly_without_generated_classes_is_refused() =>
        ToolRun.Of("compile", typeof(ModelCompilerTool).Assembly.Location).ShouldBeUserError("modelc.dll", "[Encoder]");

    [Fact]
    public void A_precision_that_the_dimensions_do_not_allow_is_refused_by_the_rule_of_the_generator() =>
        // 96 inputs do not divide into groups of 64.
        ToolRun.Of("inspect", "--config", Path.Combine(ToolRun.TinyRoberta, "config.json"), "-p", "w4a8", "--group", "64").ShouldBeUserError("MC0", "96");
}
