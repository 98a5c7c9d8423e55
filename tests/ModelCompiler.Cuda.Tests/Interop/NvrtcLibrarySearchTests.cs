using ModelCompiler.Cuda.Interop;
using ModelCompiler.Cuda.Tests.Prerequisites;

namespace ModelCompiler.Cuda.Tests.Interop;

public sealed class NvrtcLibrarySearchTests
{
    [Fact]
    public void Places_are_tried_in_the_documented_order()
    {
        using var folder = new TemporaryFolder();
        Touch(folder["cache/modelcompiler/nvrtc-12.4/libnvrtc.so.12"]);
        Touch(folder["cuda/lib64/libnvrtc.so.13"]);
        NvrtcLibrarySearch search = Search(("XDG_CACHE_HOME", folder["cache"]), ("CUDA_PATH", folder["cuda"]));

        string[] tried = search.Candidates([]).Select(candidate => candidate.PathOrName).ToArray();

        tried[..2].ShouldBe([folder["cache/modelcompiler/nvrtc-12.4/libnvrtc.so.12"], folder["cuda/lib64/libnvrtc.so.13"]]);
        tried[^3..].ShouldBe(["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]);
    }

    [Fact]
    public void The_variable_names_a_folder_whose_newest_library_comes_first_and_nothing_else_is_tried()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[]
                 {
                     "libnvrtc.so.12.4.127", "libnvrtc.so.12", "libnvrtc.so.13", "libnvrtc.alt.so.13",
                     "libnvrtc-builtins.so.12.4",
                 })
            Touch(folder[name]);

        Search((NvrtcLibrarySearch.Variable, folder.Path), ("CUDA_PATH", "/elsewhere")).Candidates([])
            .Select(candidate => Path.GetFileName(candidate.PathOrName))
            .ShouldBe(["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.12.4.127"]);
    }

    [Fact]
    public void The_variable_may_name_the_library_itself()
    {
        using var folder = new TemporaryFolder();
        Touch(folder["my-nvrtc.so"]);

        Search((NvrtcLibrarySearch.Variable, folder["my-nvrtc.so"])).Candidates([])
            .ShouldHaveSingleItem().PathOrName.ShouldBe(folder["my-nvrtc.so"]);
    }

    [Fact]
    public void On_Windows_the_names_are_those_of_Windows()
    {
        using var folder = new TemporaryFolder();
        Touch(folder["bin/nvrtc64_120_0.dll"]);
        Touch(folder["bin/nvrtc64_120_0.alt.dll"]);
        var search = new NvrtcLibrarySearch(name => name == "CUDA_PATH" ? folder.Path : null, isWindows: true);

        search.Candidates([]).Select(candidate => Path.GetFileName(candidate.PathOrName))
            .ShouldBe(["nvrtc64_120_0.dll", "nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]);
        search.BuiltinsName(new NvrtcVersion(12, 4)).ShouldBe("nvrtc-builtins64_124.dll");
    }

    [Fact]
    public void The_error_names_the_folder_that_does_not_exist_and_the_variable()
    {
        var error = Should.Throw<NvrtcNotFoundException>(
            () => NvrtcLibrary.Open(Search((NvrtcLibrarySearch.Variable, "/nowhere/at/all"))));

        error.Probes.ShouldHaveSingleItem()
            .ShouldBe(new NvrtcProbe("/nowhere/at/all", NvrtcLibrarySearch.Variable, "no such file or folder"));
        error.Message.ShouldContain("/nowhere/at/all (MODELCOMPILER_NVRTC): no such file or folder");
        error.Message.ShouldContain("eng/install-nvrtc.sh");
    }

    [Fact]
    public void The_error_lists_every_file_that_was_tried_with_its_reason()
    {
        using var folder = new TemporaryFolder();
        Touch(folder["libnvrtc.so.12"]);
        File.WriteAllText(folder["libnvrtc.so.13"], "not a library");

        var error = Should.Throw<NvrtcNotFoundException>(
            () => NvrtcLibrary.Open(Search((NvrtcLibrarySearch.Variable, folder.Path))));

        error.Probes.Select(probe => probe.Location).ShouldBe([folder["libnvrtc.so.13"], folder["libnvrtc.so.12"]]);
        foreach (NvrtcProbe probe in error.Probes)
        {
            probe.Outcome.ShouldNotBeNullOrWhiteSpace();
            error.Message.ShouldContain(probe.ToString());
        }
    }

    [Fact]
    public void Another_library_of_that_name_is_refused()
    {
        using var folder = new TemporaryFolder();
        // Any shared library that is no NVRTC will do; the runtime's own is always there.
        string other = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*System.Native.*")
            .First(path => Path.GetExtension(path) is ".so" or ".dll" or ".dylib");
        File.Copy(other, folder["libnvrtc.so.12"]);

        Should.Throw<NvrtcNotFoundException>(() => NvrtcLibrary.Open(Search((NvrtcLibrarySearch.Variable, folder.Path))))
            .Message.ShouldContain("is not NVRTC");
    }

    [NvrtcFact]
    public void A_link_to_a_library_elsewhere_works()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["libnvrtc.so.12"], LoadedLibrary());

        NvrtcLibrary.Open(Search((NvrtcLibrarySearch.Variable, folder.Path))).Version.ShouldBe(NvrtcCompiler.Load().Version);
    }

    [NvrtcFact]
    public async Task A_library_without_its_builtins_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        File.Copy(LoadedLibrary(), folder["libnvrtc.so.12"]);

        // A fresh process: this one has the builtins loaded already.
        using var process = SecondProcess.Start(
            new Dictionary<string, string?> { [NvrtcLibrarySearch.Variable] = folder.Path, ["LD_LIBRARY_PATH"] = null }, "load");
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        output.ShouldContain($"not the libnvrtc-builtins.so.{NvrtcCompiler.Load().Version} that it needs");
        process.ExitCode.ShouldBe(1);
    }

    [NvrtcFact]
    public async Task A_folder_of_ones_own_works_without_the_loader_knowing_it()
    {
        string installed = Path.GetDirectoryName(LoadedLibrary())!;
        using var process = SecondProcess.Start(
            new Dictionary<string, string?> { [NvrtcLibrarySearch.Variable] = installed, ["LD_LIBRARY_PATH"] = null }, "load");
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        output.ShouldContain("compiles: True");
        process.ExitCode.ShouldBe(0);
    }

    private static NvrtcLibrarySearch Search(params (string Name, string Value)[] environment) => new(
        name => environment.FirstOrDefault(variable => variable.Name == name).Value, isWindows: false);

    // Also where the system's loader found it by name: the file that is mapped into this process.
    private static string LoadedLibrary()
    {
        string location = NvrtcCompiler.Load().Location;
        return Path.IsPathRooted(location)
            ? location
            : File.ReadLines("/proc/self/maps").Select(line => line[(line.IndexOf('/') is var at and >= 0 ? at : line.Length)..])
                .First(path => Path.GetFileName(path).StartsWith("libnvrtc.so", StringComparison.Ordinal));
    }

    private static void Touch(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
    }
}
