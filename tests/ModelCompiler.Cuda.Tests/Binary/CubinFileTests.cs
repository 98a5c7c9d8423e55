using FsCheck;
using FsCheck.Fluent;
using ModelCompiler.Core;
using ModelCompiler.Cuda.Binary;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Cuda.Tests.Prerequisites;

namespace ModelCompiler.Cuda.Tests.Binary;

public sealed class CubinFileTests
{
    public static TheoryData<GpuArch> Architectures => new(Enum.GetValues<GpuArch>());

    [NvrtcTheory]
    [MemberData(nameof(Architectures))]
    public void The_architecture_is_read(GpuArch arch)
    {
        CubinFile cubin = ProbeKernels.Cubin(arch);

        cubin.Architecture.ShouldBe((int)arch);
        cubin.ArchitectureName.ShouldBe(arch.Name());
    }

    [NvrtcTheory]
    [MemberData(nameof(Architectures))]
    public void Kernels_and_their_resources_are_those_that_ptxas_reports(GpuArch arch)
    {
        CubinFile cubin = ProbeKernels.Cubin(arch);
        var reports = PtxasReport.Parse(ProbeKernels.Log(arch)).ToDictionary(report => report.Function);

        cubin.Kernels.Select(kernel => kernel.Name).ShouldBe(reports.Keys, ignoreOrder: true);
        foreach (CubinKernel kernel in cubin.Kernels)
        {
            PtxasReport report = reports[kernel.Name];
            (kernel.Registers, kernel.SharedBytes, kernel.FrameBytes)
                .ShouldBe((report.Registers, report.SharedBytes, report.StackFrameBytes), kernel.Name);
            kernel.StackBytes.ShouldBe(report.StackFrameBytes, kernel.Name); // no calls: the frame is the whole stack
            kernel.ConstantBytes.ShouldBeGreaterThan(0);
        }
    }

    [NvrtcFact]
    public void A_kernel_that_is_not_there_is_named_with_those_that_are()
    {
        Should.Throw<KeyNotFoundException>(() => ProbeKernels.Cubin(GpuArch.Sm80)["gemm"]).Message
            .ShouldSatisfyAllConditions(message => message.ShouldContain("'gemm'"), message => message.ShouldContain("s4_s4"));
    }

    [Fact]
    public void Bytes_that_are_no_cubin_are_refused_with_what_was_expected()
    {
        Should.Throw<CubinFormatException>(() => CubinFile.Parse(Array.Empty<byte>())).Message.ShouldContain("0 bytes");
        Should.Throw<CubinFormatException>(() => CubinFile.Parse("this is a text of more than sixty-four bytes, and certainly no ELF image"u8.ToArray()))
            .Message.ShouldContain("ELF header");
        byte[] machine = new byte[64];
        "\u007fELF"u8.CopyTo(machine);
        (machine[4], machine[5], machine[18]) = (2, 1, 62);
        Should.Throw<CubinFormatException>(() => CubinFile.Parse(machine)).Message.ShouldContain("machine 190 (CUDA); this image has 62");
    }

    [NvrtcFact]
    public void Every_prefix_of_a_cubin_is_refused()
    {
        byte[] image = Image();
        for (int length = 0; length < image.Length; length += 61)
        {
            int cut = length;
            try
            {
                // The program headers at the end are not read, so that a cut there leaves a whole cubin.
                CubinFile.Parse(image.AsMemory(0, cut)).Kernels.Length.ShouldBe(1);
                cut.ShouldBeGreaterThan(image.Length / 2);
            }
            catch (CubinFormatException exception)
            {
                exception.Message.ShouldNotBeEmpty();
            }
        }
    }

    [NvrtcFact]
    public void A_damaged_cubin_gives_a_format_error_or_an_answer_and_never_anything_else()
    {
        byte[] image = Image();
        int refused = 0;
        Prop.ForAll(
            Gen.Choose(0, image.Length - 1).Zip(Gen.Choose(0, 255)).ArrayOf(4).ToArbitrary(),
            changes =>
            {
                byte[] damaged = [.. image];
                foreach ((int at, int value) in changes)
                    damaged[at] = (byte)value;
                // Headers are small; without aiming at them most changes would hit code.
                damaged[changes[0].Item1 % 64] = (byte)changes[0].Item2;
                try
                {
                    foreach (CubinKernel kernel in CubinFile.Parse(damaged).Kernels)
                        _ = kernel.HasLocalMemoryAccess;
                }
                catch (Exception exception) when (exception is CubinFormatException or NotSupportedException)
                {
                    refused++;
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
        refused.ShouldBeGreaterThan(1_000);
    }

    private static byte[] Image()
    {
        KernelSource source = SampleKernels.Scale();
        NvrtcCompilation result = NvrtcCompiler.Load().Compile(
            source.FileName, source.Text, [], CompileOptions.Default.ToArguments(GpuArch.Sm80));
        return result.Cubin.ShouldNotBeNull(result.Log);
    }
}
