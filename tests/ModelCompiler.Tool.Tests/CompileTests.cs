using System.Text.Json;
using ModelCompiler.Cuda.Interop;

namespace ModelCompiler.Tool.Tests;

/// <summary><c>modelc compile</c>. Where NVRTC is not installed, what is tested is that the command says so.</summary>
public sealed class CompileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Kernels_are_compiled_once_or_the_missing_compiler_is_named()
    {
        ToolRun first = Compile();
        if (!HasCompiler())
        {
            first.ShouldBeUserError("NVRTC");
            ToolRun.Of("compile", ToolRun.OwnAssembly, "--output", _folder.File("kernels"), "--if-available", "--quiet").Code.ShouldBe(0);
            Directory.Exists(_folder.File("kernels")).ShouldBeFalse();
            return;
        }

        Kernels(first).ShouldAllBe(k => k.GetProperty("origin").GetString() == "Compiled");
        Kernels(first).Length.ShouldBe(TinyEncoder.Descriptor.Kernels().Count);
        Directory.GetFiles(_folder.File("kernels"), "*.cubin").Length.ShouldBe(Kernels(first).Length);
        Kernels(Compile()).ShouldAllBe(k => k.GetProperty("origin").GetString() == "Cache");
    }

    private static bool HasCompiler()
    {
        try
        {
            NvrtcCompiler.Load();
            return true;
        }
        catch (NvrtcNotFoundException) when (Environment.GetEnvironmentVariable("MODELCOMPILER_TEST_FULL") != "1")
        {
            return false;
        }
    }

    private ToolRun Compile() => ToolRun.Of("compile", ToolRun.OwnAssembly, "--output", _folder.File("kernels"), "--json");

    private static JsonElement[] Kernels(ToolRun run)
    {
        run.Code.ShouldBe(0, run.Messages);
        return [.. JsonDocument.Parse(run.Results).RootElement.GetProperty("kernels").EnumerateArray()];
    }
}
