using ModelCompiler.Core;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Cuda.Tests.Prerequisites;

namespace ModelCompiler.Cuda.Tests.Interop;

public sealed class NvrtcCompilerTests
{
    [NvrtcFact]
    public void Every_architecture_of_the_project_is_supported()
    {
        NvrtcCompiler compiler = NvrtcCompiler.Load();

        compiler.Version.ShouldBeGreaterThanOrEqualTo(NvrtcVersion.Oldest);
        foreach (GpuArch arch in Enum.GetValues<GpuArch>())
            compiler.Supports(arch).ShouldBeTrue(arch.Name());
    }

    [NvrtcFact]
    public void An_unknown_option_is_a_result_with_a_log_and_not_a_crash()
    {
        NvrtcCompilation result = NvrtcCompiler.Load().Compile("k.cu", "", [], ["--no-such-option"]);

        result.Result.ShouldBe(NvrtcResult.InvalidOption);
        result.Cubin.ShouldBeNull();
        result.Log.ShouldContain("--no-such-option");
    }

    [NvrtcFact]
    public async Task Programs_compile_at_the_same_time_on_many_threads_to_the_same_bytes_as_one_after_the_other()
    {
        NvrtcCompiler compiler = NvrtcCompiler.Load();
        KernelSource[] sources = Enumerable.Range(0, 24).Select(i => SampleKernels.Scale($"k{i}", i + 1)).ToArray();
        byte[][] alone = sources.Select(Compile).ToArray();

        using var together = new Barrier(8);
        byte[][][] runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                return sources.Skip(worker * 3).Concat(sources.Take(worker * 3)).Select(Compile).ToArray();
            },
            TaskCreationOptions.LongRunning)));

        for (int worker = 0; worker < runs.Length; worker++)
        {
            for (int i = 0; i < sources.Length; i++)
                runs[worker][i].ShouldBe(alone[(i + worker * 3) % sources.Length]);
        }

        byte[] Compile(KernelSource source)
        {
            NvrtcCompilation result = compiler.Compile(
                source.FileName, source.Text, [], CompileOptions.Default.ToArguments(GpuArch.Sm86));
            return result.Cubin.ShouldNotBeNull(result.Log);
        }
    }
}
