using System.Diagnostics;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Cuda.Tests.Prerequisites;

namespace ModelCompiler.Cuda.Tests.Compilation;

public sealed class CubinCacheTests
{
    private static readonly KernelRequest Request = new(SampleKernels.Scale(), GpuArch.Sm80);

    [NvrtcFact]
    public void The_second_request_is_served_from_the_folder_with_everything_the_first_had()
    {
        using var folder = new TemporaryFolder();
        KernelOutcome.Ready first = Cached(folder).Compile(Request);
        KernelOutcome.Ready second = Cached(folder).Compile(Request);

        (first.Origin, second.Origin).ShouldBe((KernelOrigin.Compiled, KernelOrigin.Cache));
        second.Kernel.Cubin.ToArray().ShouldBe(first.Kernel.Cubin.ToArray());
        (second.Kernel with { Cubin = first.Kernel.Cubin }).ShouldBe(first.Kernel);
        Directory.GetFiles(folder.Path).ShouldBe([CubinCache.At(folder.Path).PathOf(first.Kernel.Key)]); // no temporary file left
    }

    [NvrtcFact]
    public void A_stored_file_opens_with_the_ELF_image_itself()
    {
        using var folder = new TemporaryFolder();
        CompiledKernel kernel = Cached(folder).Compile(Request).Kernel;

        File.ReadAllBytes(CubinCache.At(folder.Path).PathOf(kernel.Key)).AsSpan(0, kernel.Cubin.Length)
            .SequenceEqual(kernel.Cubin.Span).ShouldBeTrue();
    }

    [NvrtcFact]
    public void A_flipped_bit_anywhere_is_noticed_and_the_file_is_made_again()
    {
        using var folder = new TemporaryFolder();
        KernelOutcome.Ready first = Cached(folder).Compile(Request);
        CubinCache cache = CubinCache.At(folder.Path);
        string path = cache.PathOf(first.Kernel.Key);
        byte[] whole = File.ReadAllBytes(path);

        // All of the trailer, and a sample of the rest.
        foreach (int at in Enumerable.Range(whole.Length - 52, 52).Concat(Enumerable.Range(0, 64).Select(i => i * (whole.Length - 52) / 64)))
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(path, damaged);

            CubinLookup lookup = cache.Find(first.Kernel.Key, Request.Source.Name, Request.Arch);

            lookup.Kernel.ShouldBeNull($"byte {at}");
            lookup.Damage.ShouldNotBeNull().ShouldStartWith(path);
            File.Exists(path).ShouldBeFalse();
        }

        File.WriteAllBytes(path, whole[..^1]);
        KernelOutcome.Ready again = Cached(folder).Compile(Request);
        again.Origin.ShouldBe(KernelOrigin.Compiled);
        again.Damage.ShouldNotBeNull().ShouldContain("cut off");
        File.ReadAllBytes(path).ShouldBe(whole);
    }

    [NvrtcFact]
    public void Files_cut_off_anywhere_are_noticed()
    {
        using var folder = new TemporaryFolder();
        CompiledKernel kernel = Cached(folder).Compile(Request).Kernel;
        CubinCache cache = CubinCache.At(folder.Path);
        byte[] whole = File.ReadAllBytes(cache.PathOf(kernel.Key));

        foreach (int length in new[] { 0, 1, 51, 52, 53, kernel.Cubin.Length, whole.Length - 53, whole.Length - 52, whole.Length - 1 })
        {
            File.WriteAllBytes(cache.PathOf(kernel.Key), whole[..length]);
            cache.Find(kernel.Key, kernel.Name, kernel.Arch).Damage.ShouldNotBeNull($"{length} bytes");
        }
    }

    [NvrtcFact]
    public void A_file_under_the_name_of_another_kernel_is_noticed()
    {
        using var folder = new TemporaryFolder();
        CompiledKernel kernel = Cached(folder).Compile(Request).Kernel;
        CubinCache cache = CubinCache.At(folder.Path);
        CubinKey other = kernel.Key with { Content = new string('0', 64) };
        File.Copy(cache.PathOf(kernel.Key), cache.PathOf(other));

        cache.Find(other, "gemm", GpuArch.Sm80).Damage.ShouldNotBeNull().ShouldContain("holds 'scale' for sm_80");
    }

    [NvrtcFact]
    public void The_folder_of_cubins_ahead_of_time_serves_without_a_compiler_whatever_version_filled_it()
    {
        using var folder = new TemporaryFolder();
        CompiledKernel kernel = new KernelCompiler().Compile(Request).Kernel;
        CubinCache.At(folder.Path).Store(kernel with { Key = kernel.Key with { Compiler = new NvrtcVersion(11, 9) } });
        CubinCache.At(folder.Path).Store(kernel with { Key = kernel.Key with { Compiler = new NvrtcVersion(99, 1) } });

        KernelOutcome.Ready ready = new KernelCompiler(NoCompiler, CubinCache.ReadOnly(folder.Path), null, null, null).Compile(Request);

        ready.Origin.ShouldBe(KernelOrigin.AheadOfTime);
        ready.Kernel.Key.Compiler.ShouldBe(new NvrtcVersion(99, 1)); // the newest
        ready.Kernel.Cubin.ToArray().ShouldBe(kernel.Cubin.ToArray());
    }

    [NvrtcFact]
    public void A_damaged_file_ahead_of_time_is_left_alone_told_of_and_passed_over()
    {
        using var shipped = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        KernelOutcome.Ready first = Cached(shipped).Compile(Request);
        string path = CubinCache.At(shipped.Path).PathOf(first.Kernel.Key);
        File.WriteAllText(path, "damaged");

        KernelOutcome.Ready ready =
            new KernelCompiler(CubinCache.ReadOnly(shipped.Path), CubinCache.At(folder.Path)).Compile(Request);

        ready.Origin.ShouldBe(KernelOrigin.Compiled);
        ready.Damage.ShouldNotBeNull().ShouldStartWith(path);
        File.ReadAllText(path).ShouldBe("damaged");
        File.Exists(CubinCache.At(folder.Path).PathOf(first.Kernel.Key)).ShouldBeTrue();
    }

    [NvrtcFact]
    public void Without_a_compiler_the_users_cache_serves_what_any_version_left_there()
    {
        using var folder = new TemporaryFolder();
        CompiledKernel kernel = new KernelCompiler().Compile(Request).Kernel;
        CubinCache.At(folder.Path).Store(kernel with { Key = kernel.Key with { Compiler = new NvrtcVersion(12, 0) } });

        new KernelCompiler(NoCompiler, null, CubinCache.At(folder.Path), null, null).Compile(Request).Origin
            .ShouldBe(KernelOrigin.Cache);
        Should.Throw<NvrtcNotFoundException>(() => new KernelCompiler(NoCompiler, null, CubinCache.At(folder.Path), null, null)
            .Compile(Request with { Arch = GpuArch.Sm86 }));
    }

    [NvrtcFact]
    public void A_newer_compiler_does_not_take_what_an_older_one_left_in_the_users_cache()
    {
        using var folder = new TemporaryFolder();
        CompiledKernel kernel = new KernelCompiler().Compile(Request).Kernel;
        CubinCache.At(folder.Path).Store(kernel with { Key = kernel.Key with { Compiler = new NvrtcVersion(11, 9) } });

        Cached(folder).Compile(Request).Origin.ShouldBe(KernelOrigin.Compiled);
    }

    [NvrtcFact]
    public async Task Tasks_that_want_the_same_kernel_share_one_compilation_and_one_file()
    {
        using var folder = new TemporaryFolder();
        KernelCompiler compiler = Cached(folder);
        using var together = new Barrier(8);

        KernelOutcome.Ready[] ready = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                return compiler.Compile(Request);
            },
            TaskCreationOptions.LongRunning)));

        ready.Select(outcome => Convert.ToHexString(outcome.Kernel.Cubin.Span)).Distinct().ShouldHaveSingleItem();
        ready.ShouldAllBe(outcome => outcome.Damage == null);
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    [NvrtcFact]
    public async Task Processes_that_fill_the_same_folder_at_the_same_time_leave_whole_files()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?>();
        Process[] processes = [.. Enumerable.Range(0, 3).Select(_ => SecondProcess.Start(environment, "compile", folder.Path))];
        string[] outputs = await Task.WhenAll(processes.Select(process => process.StandardOutput.ReadToEndAsync()));
        foreach (Process process in processes)
        {
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0);
            process.Dispose();
        }

        outputs.Distinct().ShouldHaveSingleItem().ShouldNotBeEmpty();
        outputs[0].ShouldNotContain("checksum");
        Directory.GetFiles(folder.Path).Length.ShouldBe(6);
        foreach (KernelRequest request in SampleKernels.Several(6))
            Cached(folder).Compile(request).Origin.ShouldBe(KernelOrigin.Cache);
    }

    [NvrtcFact]
    public void A_folder_that_cannot_be_made_is_an_error_that_says_which_variable_moves_it()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");

        var error = Should.Throw<CubinCacheException>(
            () => new KernelCompiler(cache: CubinCache.At(folder["file/cubins"])).Compile(Request));

        error.CachePath.ShouldStartWith(folder["file/cubins"]);
        error.Message.ShouldContain("MODELCOMPILER_CACHE");
    }

    [Fact]
    public void A_read_only_folder_is_refused_as_the_place_for_new_kernels()
    {
        Should.Throw<ArgumentException>(() => new KernelCompiler(cache: CubinCache.ReadOnly("/somewhere")))
            .Message.ShouldContain("/somewhere");
    }

    private static KernelCompiler Cached(TemporaryFolder folder) => new(cache: CubinCache.At(folder.Path));

    private static NvrtcCompiler NoCompiler() =>
        throw new NvrtcNotFoundException([new NvrtcProbe("/no/such/place", "test", "no such file or folder")]);
}
