using ModelCompiler.Core.Spec;
using ModelCompiler.Tool.Loading;

namespace ModelCompiler.Tool.Tests.Tuning;

/// <summary><c>modelc tune</c> where there is no GPU, and with wrong arguments.</summary>
public class TuneTests
{
    [Fact]
    public void Without_a_gpu_there_is_one_message_and_no_file()
    {
        using var folder = new TestFolder();
        // A GPU with this number is on no machine, whether it has a driver or not.
        ToolRun.Of("tune", ToolRun.WordNetModel, "--device", "cuda:4096", "-o", folder.File("a.tuning.json")).ShouldBeUserError("cuda");
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void The_cpu_has_no_kernels() => ToolRun.Of("tune", ToolRun.WordNetModel, "--device", "cpu").ShouldBeUserError("--device", "cpu");

    [Fact]
    public void A_database_that_cannot_be_read_is_not_written_over()
    {
        using var folder = new TestFolder();
        string path = folder.Write("a.tuning.json", "{");
        ToolRun.Of("tune", ToolRun.WordNetModel, "-o", path).ShouldBeUserError(path, "line 2");
        File.ReadAllText(path).ShouldBe("{" + Environment.NewLine);
    }

    [Theory]
    [InlineData("--buckets", "0")]
    [InlineData("--precisions", "w3a3")]
    [InlineData("--precisions", "w4a16-2of4")] // zeros are left out of integer products alone
    [InlineData("--sequence", "0")]
    [InlineData("-o", "database.json")]
    [InlineData("--device", "gpu")]
    public void A_wrong_argument_is_an_error_of_the_command_line(string option, string value)
    {
        ToolRun run = ToolRun.Of("tune", ToolRun.WordNetModel, option, value);
        run.Code.ShouldBe(ModelCompilerTool.UsageError);
        run.Messages.ShouldContain(value);
    }

    [Theory]
    [InlineData("w4a4-2of4", 4, 4)]
    [InlineData("w8a8-2of4", 8, 8)]
    public void Precisions_of_sparse_weights_can_be_measured(string name, int weights, int activations)
    {
        LinearPrecision precision = PrecisionOptions.Parse(name);
        (precision.Weights.Bits, precision.Activations.Bits, precision.Weights.Sparsity).ShouldBe((weights, activations, Sparsity.TwoOfFour));
        ToolRun.Of("tune", ToolRun.WordNetModel, "--precisions", name, "--device", "cpu").ShouldBeUserError("--device", "cpu");
    }

    [Fact]
    public void A_missing_class_is_named() => ToolRun.Of("tune", ToolRun.OwnAssembly, "--class", "NoSuchClass").ShouldBeUserError("NoSuchClass");
}
