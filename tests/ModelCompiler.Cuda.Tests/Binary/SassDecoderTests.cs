using ModelCompiler.Core;
using ModelCompiler.Cuda.Binary;
using ModelCompiler.Cuda.Tests.Prerequisites;
using static ModelCompiler.Cuda.Binary.TensorOperand;

namespace ModelCompiler.Cuda.Tests.Binary;

public sealed class SassDecoderTests
{
    private static readonly GpuArch[] NativeInt4 = [GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm89];
    private static readonly GpuArch[] All = [.. NativeInt4, GpuArch.Sm90a];

    // kernel, operand types, sparse; one instruction each on every architecture
    public static TheoryData<GpuArch, string, TensorOperand, TensorOperand, bool> OnEveryArchitecture()
    {
        var cases = new TheoryData<GpuArch, string, TensorOperand, TensorOperand, bool>();
        foreach (GpuArch arch in All)
        {
            cases.Add(arch, "s8_s8", S8, S8, false);
            cases.Add(arch, "u8_u8", U8, U8, false);
            cases.Add(arch, "s8_u8", S8, U8, false);
            cases.Add(arch, "u8_s8", U8, S8, false);
            cases.Add(arch, "s8_k16", S8, S8, false);
            cases.Add(arch, "s8_m8", S8, S8, false);
            cases.Add(arch, "b1", B1, B1, false);
            cases.Add(arch, "f16", F16, F16, false);
            cases.Add(arch, "f16_k8", F16, F16, false);
            cases.Add(arch, "f16_acc16", F16, F16, false);
            cases.Add(arch, "bf16", BF16, BF16, false);
            cases.Add(arch, "tf32", TF32, TF32, false);
            cases.Add(arch, "f64", F64, F64, false);
            cases.Add(arch, "sparse_s8", S8, S8, true);
            cases.Add(arch, "sparse_f16", F16, F16, true);
        }

        foreach (GpuArch arch in NativeInt4)
        {
            cases.Add(arch, "s4_s4", S4, S4, false);
            cases.Add(arch, "u4_u4", U4, U4, false);
            cases.Add(arch, "s4_u4", S4, U4, false);
            cases.Add(arch, "u4_s4", U4, S4, false);
            cases.Add(arch, "s4_k32", S4, S4, false);
            cases.Add(arch, "s4_m8", S4, S4, false);
            cases.Add(arch, "s4_sat", S4, S4, false);
            cases.Add(arch, "sparse_s4", S4, S4, true);
        }

        return cases;
    }

    [NvrtcTheory]
    [MemberData(nameof(OnEveryArchitecture))]
    public void An_mma_is_found_with_its_operand_types(
        GpuArch arch, string kernel, TensorOperand a, TensorOperand b, bool sparse)
    {
        TensorInstruction found = Decode(arch, kernel).ShouldHaveSingleItem();

        (found.A, found.B, found.IsSparse, found.IsWarpGroup).ShouldBe((a, b, sparse, false));
    }

    [NvrtcTheory]
    [InlineData("wgmma_s8_s8", S8, S8, false)]
    [InlineData("wgmma_u8_u8", U8, U8, false)]
    [InlineData("wgmma_s8_u8", S8, U8, false)]
    [InlineData("wgmma_u8_s8", U8, S8, false)]
    [InlineData("wgmma_s8_s8_reg", S8, S8, false)]
    [InlineData("wgmma_u8_u8_reg", U8, U8, false)]
    [InlineData("wgmma_s8_u8_reg", S8, U8, false)]
    [InlineData("wgmma_u8_s8_reg", U8, S8, false)]
    [InlineData("wgmma_sparse_s8", S8, S8, true)]
    [InlineData("wgmma_f16", F16, F16, false)]
    [InlineData("wgmma_f16_reg", F16, F16, false)]
    [InlineData("wgmma_f16_acc16", F16, F16, false)]
    [InlineData("wgmma_bf16", BF16, BF16, false)]
    [InlineData("wgmma_tf32", TF32, TF32, false)]
    [InlineData("wgmma_e4m3", FP8, FP8, false)]
    [InlineData("wgmma_e5m2", FP8, FP8, false)]
    [InlineData("wgmma_sparse_f16", F16, F16, true)]
    public void A_wgmma_is_found_with_its_operand_types(string kernel, TensorOperand a, TensorOperand b, bool sparse)
    {
        TensorInstruction found = Decode(GpuArch.Sm90a, kernel).ShouldHaveSingleItem();

        (found.A, found.B, found.IsSparse, found.IsWarpGroup).ShouldBe((a, b, sparse, true));
    }

    [NvrtcTheory]
    [InlineData("s4_s4", S8, S8)]
    [InlineData("u4_u4", U8, U8)]
    [InlineData("s4_u4", S8, U8)]
    [InlineData("u4_s4", U8, S8)]
    [InlineData("s4_k32", S8, S8)]
    public void Hopper_emulates_int4_with_two_int8_instructions(string kernel, TensorOperand a, TensorOperand b)
    {
        IReadOnlyList<TensorInstruction> found = Decode(GpuArch.Sm90a, kernel);

        found.Count.ShouldBe(2);
        found.ShouldAllBe(instruction => instruction.A == a && instruction.B == b);
        TensorInstructionCounts counts = ProbeKernels.Cubin(GpuArch.Sm90a)[kernel].TensorInstructions;
        (counts.S4, counts.S8, counts.Total).ShouldBe((0, 2, 2));
    }

    [NvrtcTheory]
    [InlineData(GpuArch.Sm80)]
    [InlineData(GpuArch.Sm86)]
    [InlineData(GpuArch.Sm89)]
    public void Counts_tell_int4_from_int8(GpuArch arch)
    {
        CubinFile cubin = ProbeKernels.Cubin(arch);

        cubin["s4_s4"].TensorInstructions.ShouldBe(new TensorInstructionCounts(0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
        cubin["u8_s8"].TensorInstructions.ShouldBe(new TensorInstructionCounts(0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
        cubin["sparse_f16"].TensorInstructions.ShouldBe(new TensorInstructionCounts(0, 0, 0, 0, 1, 0, 0, 0, 1, 0));
    }

    [NvrtcTheory]
    [InlineData(GpuArch.Sm80)]
    [InlineData(GpuArch.Sm86)]
    [InlineData(GpuArch.Sm89)]
    [InlineData(GpuArch.Sm90a)]
    public void A_kernel_without_matrices_has_no_tensor_instructions_and_no_local_memory(GpuArch arch)
    {
        CubinKernel kernel = ProbeKernels.Cubin(arch)["no_tensor"];

        kernel.TensorInstructions.Total.ShouldBe(0);
        kernel.HasLocalMemoryAccess.ShouldBeFalse();
    }

    [NvrtcTheory]
    [InlineData(GpuArch.Sm80)]
    [InlineData(GpuArch.Sm86)]
    [InlineData(GpuArch.Sm89)]
    [InlineData(GpuArch.Sm90a)]
    public void An_array_indexed_at_run_time_shows_as_local_memory(GpuArch arch)
    {
        CubinKernel kernel = ProbeKernels.Cubin(arch)["run_time_indexed_array"];

        kernel.LocalMemoryInstructions.ShouldBeGreaterThan(16); // 64 values of 4 bytes, at most 16 bytes a store
        kernel.FrameBytes.ShouldBe(64 * sizeof(int));
    }

    [Fact]
    public void Code_of_an_architecture_that_is_not_known_is_refused()
    {
        Should.Throw<NotSupportedException>(() => SassDecoder.TensorInstructions(new byte[16], 100)).Message.ShouldContain("sm_100");
        Should.Throw<NotSupportedException>(() => SassDecoder.LocalMemoryInstructions(new byte[16], 70)).Message.ShouldContain("sm_70");
        Should.Throw<CubinFormatException>(() => SassDecoder.TensorInstructions(new byte[17], 80)).Message.ShouldContain("17");
    }

    private static IReadOnlyList<TensorInstruction> Decode(GpuArch arch, string kernel) =>
        SassDecoder.TensorInstructions(ProbeKernels.Cubin(arch)[kernel].Code.Span, (int)arch);
}
