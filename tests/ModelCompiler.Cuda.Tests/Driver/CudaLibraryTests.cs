using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ModelCompiler.Core;
using ModelCompiler.Cuda.Driver;

namespace ModelCompiler.Cuda.Tests.Driver;

/// <summary>What can be said of the driver binding without a driver.</summary>
public sealed class CudaLibraryTests
{
    [Fact]
    public void A_missing_driver_is_an_error_that_lists_what_was_tried()
    {
        var e = Should.Throw<CudaDriverNotFoundException>(() => CudaLibrary.Open(["libnot-there.so.1", "/nowhere/libcuda.so.1"]));

        e.Probes.Select(p => p.Place).ShouldBe(["libnot-there.so.1", "/nowhere/libcuda.so.1"]);
        e.Message.ShouldContain("libnot-there.so.1");
        e.Message.ShouldContain(CudaLibrary.Variable);
    }

    [Fact]
    public void A_library_that_is_not_the_driver_is_passed_over_with_the_reason()
    {
        string other = OperatingSystem.IsWindows() ? "kernel32.dll" : "libc.so.6";

        Should.Throw<CudaDriverNotFoundException>(() => CudaLibrary.Open([other])).Message.ShouldContain("is not NVIDIA's driver");
    }

    [Fact]
    public void Where_the_variable_is_set_nothing_else_is_tried() =>
        CudaLibrary.Candidates("/opt/driver.so", isWindows: false).ShouldBe(["/opt/driver.so"]);

    [Fact]
    public void Launch_structs_have_the_sizes_of_the_C_header()
    {
        Unsafe.SizeOf<CudaLaunchAttribute>().ShouldBe(72);
        Unsafe.SizeOf<CudaLaunchConfig>().ShouldBe(56);
    }

    [Theory]
    [InlineData(9, 0, GpuArch.Sm90a)]
    [InlineData(8, 0, GpuArch.Sm80)]
    [InlineData(8, 6, GpuArch.Sm86)]
    [InlineData(8, 7, GpuArch.Sm86)]
    [InlineData(8, 9, GpuArch.Sm89)]
    public void A_GPU_runs_the_newest_code_of_its_own_generation(int major, int minor, GpuArch expected) =>
        Gpu(major, minor).Choose(Enum.GetValues<GpuArch>()).ShouldBe(expected);

    [Theory]
    [InlineData(7, 5)]
    [InlineData(10, 0)]
    [InlineData(12, 0)]
    public void A_GPU_of_another_generation_runs_none(int major, int minor) => Gpu(major, minor).Choose(Enum.GetValues<GpuArch>()).ShouldBeNull();

    [Fact]
    public void Code_for_a_later_minor_version_is_not_chosen() => Gpu(8, 0).Choose([GpuArch.Sm86, GpuArch.Sm89]).ShouldBeNull();

    private static CudaDeviceInfo Gpu(int major, int minor) => new(0, "a GPU", major, minor, 13000, 1L << 30, 1, 1 << 16, 1 << 20);
}
