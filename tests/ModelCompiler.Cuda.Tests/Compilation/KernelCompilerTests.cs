using System.Collections.Immutable;
using ModelCompiler.Core;
using ModelCompiler.Cuda.Binary;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Cuda.Tests.Prerequisites;

namespace ModelCompiler.Cuda.Tests.Compilation;

public sealed class KernelCompilerTests
{
    public static TheoryData<GpuArch> Architectures => new(Enum.GetValues<GpuArch>());

    [NvrtcTheory]
    [MemberData(nameof(Architectures))]
    public void A_kernel_with_headers_compiles_for_every_architecture(GpuArch arch)
    {
        KernelOutcome.Ready ready = new KernelCompiler(headers: SampleKernels.Headers())
            .Compile(new KernelRequest(SampleKernels.WithHeaders, arch));

        ready.Origin.ShouldBe(KernelOrigin.Compiled);
        CompiledKernel kernel = ready.Kernel;
        (kernel.Name, kernel.Arch, kernel.Key.Compiler).ShouldBe(("with_headers", arch, NvrtcCompiler.Load().Version));
        kernel.Resources.Registers.ShouldBeInRange(1, 32);
        kernel.Resources.ConstantBytes.ShouldBeGreaterThan(0);
        kernel.Resources.Spills.ShouldBeFalse();
        CubinFile.Parse(kernel.Cubin).ArchitectureName.ShouldBe(arch.Name());
    }

    [NvrtcTheory]
    [MemberData(nameof(Architectures))]
    public void Spills_are_reported_and_seen_in_the_machine_code(GpuArch arch)
    {
        CompiledKernel kernel = new KernelCompiler().Compile(new KernelRequest(SampleKernels.Spilling, arch)).Kernel;

        kernel.Resources.Spills.ShouldBeTrue();
        kernel.Resources.Registers.ShouldBe(64); // 65,536 registers among 1,024 threads
        kernel.Resources.SpillStoreBytes.ShouldBeGreaterThanOrEqualTo((128 - 64) * sizeof(float));
        kernel.Resources.StackFrameBytes.ShouldBeGreaterThanOrEqualTo((128 - 64) * sizeof(float));
        CubinFile.Parse(kernel.Cubin)["spilling"].HasLocalMemoryAccess.ShouldBeTrue();
    }

    [NvrtcFact]
    public void An_error_shows_kernel_architecture_message_and_source()
    {
        var source = new KernelSource("broken", """
            // first line
            extern "C" __global__ void broken(float* x) {
              x[0] = undefined_thing(3);
              x[1] = 1.0f;
            }

            """);

        var error = Should.Throw<KernelCompilationException>(
            () => new KernelCompiler().Compile(new KernelRequest(source, GpuArch.Sm86)));

        (error.KernelName, error.Arch).ShouldBe(("broken", GpuArch.Sm86));
        KernelDiagnostic diagnostic = error.Diagnostics.ShouldHaveSingleItem();
        (diagnostic.File, diagnostic.Line, diagnostic.IsError).ShouldBe(("broken.cu", 3, true));
        diagnostic.Message.ShouldContain("\"undefined_thing\" is undefined");
        error.Message.ShouldStartWith("Kernel 'broken' for sm_86: NVRTC ");
        error.Message.ShouldContain(">    3 |   x[0] = undefined_thing(3);");
        error.Message.ShouldContain("     1 | // first line");
        error.Message.ShouldContain(error.Log);
    }

    [NvrtcFact]
    public void An_error_in_a_header_shows_the_header()
    {
        var error = Should.Throw<KernelCompilationException>(
            () => new KernelCompiler(headers: SampleKernels.Headers(innerFactor: "oops"))
                .Compile(new KernelRequest(SampleKernels.WithHeaders, GpuArch.Sm80)));

        error.Diagnostics.ShouldContain(diagnostic => diagnostic.File == "mc/inner.cuh" && diagnostic.Line == 2);
        error.Message.ShouldContain(">    2 | float inner(float x) { return x * oops; }");
    }

    [NvrtcFact]
    public void A_header_that_is_not_there_is_an_error_that_names_it()
    {
        var source = new KernelSource("k", "#include \"mc/nowhere.cuh\"\nextern \"C\" __global__ void k() {}\n");

        Should.Throw<KernelCompilationException>(() => new KernelCompiler().Compile(new KernelRequest(source, GpuArch.Sm80)))
            .Message.ShouldContain("mc/nowhere.cuh");
    }

    [NvrtcFact]
    public void An_error_of_ptxas_is_an_error_with_its_log()
    {
        var source = new KernelSource("k", "extern \"C\" __global__ void k(int* x) { asm volatile(\"no.such.instruction;\"); }\n");

        Should.Throw<KernelCompilationException>(() => new KernelCompiler().Compile(new KernelRequest(source, GpuArch.Sm80)))
            .Log.ShouldContain("ptxas");
    }

    [NvrtcFact]
    public void Static_shared_memory_is_reported()
    {
        var source = new KernelSource(
            "k", "extern \"C\" __global__ void k(float* x) { __shared__ float s[20000]; s[threadIdx.x] = x[0]; __syncthreads(); x[1] = s[3]; }\n");

        KernelResources resources = new KernelCompiler().Compile(new KernelRequest(source, GpuArch.Sm80)).Kernel.Resources;

        resources.StaticSharedBytes.ShouldBe(20000 * sizeof(float));
    }

    [NvrtcFact]
    public void A_source_without_the_entry_that_it_is_named_after_is_refused_with_what_it_has()
    {
        Should.Throw<KernelCompilationException>(() => new KernelCompiler().Compile(
                new KernelRequest(SampleKernels.Scale("present") with { Name = "absent" }, GpuArch.Sm80)))
            .Message.ShouldSatisfyAllConditions(
                message => message.ShouldContain("'absent'"), message => message.ShouldContain("it defines present"));
    }

    [NvrtcFact]
    public void A_rejected_option_is_shown()
    {
        var options = new CompileOptions { Additional = new EquatableArray<string>("--no-such-option") };

        Should.Throw<KernelCompilationException>(() => new KernelCompiler(options: options).Compile(
                new KernelRequest(SampleKernels.Scale(), GpuArch.Sm80)))
            .Message.ShouldContain("rejects an option of: --gpu-architecture=sm_80");
    }

    [NvrtcFact]
    public void Division_is_IEEE_and_fusing_is_a_choice()
    {
        KernelRequest request = new(SampleKernels.Scale(), GpuArch.Sm80);

        byte[] fused = new KernelCompiler().Compile(request).Kernel.Cubin.ToArray();
        byte[] separate = new KernelCompiler(options: new CompileOptions { FusedMultiplyAdd = false }).Compile(request).Kernel.Cubin.ToArray();

        fused.ShouldNotBe(separate);
        string[] arguments = [.. CompileOptions.Default.ToArguments(GpuArch.Sm80)];
        arguments.ShouldContain("--prec-div=true");
        arguments.ShouldNotContain(argument => argument.Contains("fast", StringComparison.Ordinal));
    }

    [NvrtcFact]
    public async Task Many_kernels_give_one_outcome_each_in_order_and_one_failure_does_not_stop_the_rest()
    {
        ImmutableArray<KernelRequest> requests =
        [
            .. SampleKernels.Several(5),
            new KernelRequest(new KernelSource("broken", "extern \"C\" __global__ void broken() { x }"), GpuArch.Sm80),
            .. SampleKernels.Several(5, GpuArch.Sm90a),
        ];
        var seen = new RecordedProgress();

        ImmutableArray<KernelOutcome> outcomes = await new KernelCompiler().CompileAllAsync(requests, threads: 3, seen);

        outcomes.Select(outcome => outcome.Request).ShouldBe(requests);
        outcomes[5].ShouldBeOfType<KernelOutcome.Failed>().Error.KernelName.ShouldBe("broken");
        outcomes.OfType<KernelOutcome.Ready>().Count().ShouldBe(10);
        seen.Steps.Select(step => step.Done).ShouldBe(Enumerable.Range(1, 11));
        seen.Steps.ShouldAllBe(step => step.Total == 11);
        seen.Steps.Select(step => step.Outcome.Request).ShouldBe(requests, ignoreOrder: true);
    }

    [Fact]
    public async Task A_missing_compiler_stops_the_batch_with_the_list_of_places()
    {
        var compiler = new KernelCompiler(NoCompiler, null, null, null, null);

        var error = await Should.ThrowAsync<NvrtcNotFoundException>(compiler.CompileAllAsync(SampleKernels.Several(4), threads: 2));

        error.Message.ShouldContain("/no/such/place");
    }

    [Fact]
    public async Task Cancelling_stops_before_the_next_kernel()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(
            new KernelCompiler(NoCompiler, null, null, null, null).CompileAllAsync(
                SampleKernels.Several(4), threads: 2, cancellation: cancelled.Token));
    }

    [Fact]
    public async Task No_requests_give_no_outcomes() =>
        (await new KernelCompiler(NoCompiler, null, null, null, null).CompileAllAsync([])).ShouldBeEmpty();

    private static NvrtcCompiler NoCompiler() =>
        throw new NvrtcNotFoundException([new NvrtcProbe("/no/such/place", "test", "no such file or folder")]);

    private sealed class RecordedProgress : IProgress<KernelProgress>
    {
        public List<KernelProgress> Steps { get; } = [];

        public void Report(KernelProgress value) => Steps.Add(value);
    }
}
