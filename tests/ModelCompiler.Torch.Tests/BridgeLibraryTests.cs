using ModelCompiler.Torch.Native;

namespace ModelCompiler.Torch.Tests;

/// <summary>Finding the bridge.</summary>
public sealed class BridgeLibraryTests
{
    [Fact]
    public void Where_it_is_nowhere_the_error_lists_what_was_tried()
    {
        string noLibrary = Path.GetTempFileName();
        try
        {
            string message = Should.Throw<TorchNotFoundException>(() => BridgeLibrary.Open(["/nowhere/libmc_torch.so", noLibrary])).Message;
            message.ShouldContain("eng/install-libtorch.sh");
            message.ShouldContain("/nowhere/libmc_torch.so: no such file");
            message.ShouldContain(noLibrary);
        }
        finally
        {
            File.Delete(noLibrary);
        }
    }

    [Fact]
    public void The_variable_is_the_only_candidate_where_it_is_set()
    {
        BridgeLibrary.Candidates("/some/bridge.so").ShouldBe(["/some/bridge.so"]);
        BridgeLibrary.Candidates(null).Length.ShouldBe(2);
    }
}
