using ModelCompiler.Core;
using ModelCompiler.Cuda.Compilation;
using ModelCompiler.Cuda.Interop;
using ModelCompiler.Cuda.Tests.Prerequisites;

namespace ModelCompiler.Cuda.Tests.Compilation;

/// <summary>None of these needs the compiler: a key is made of text alone.</summary>
public sealed class CubinKeyTests
{
    private static readonly KernelRequest Request = new(SampleKernels.WithHeaders, GpuArch.Sm80);

    [Fact]
    public void The_same_kernel_has_the_same_key() =>
        Content(Request, SampleKernels.Headers()).ShouldBe(Content(Request, SampleKernels.Headers()));

    [Fact]
    public void A_key_is_a_hash_in_hexadecimal_with_the_version_of_the_compiler()
    {
        var key = new CubinKey(Content(Request, SampleKernels.Headers()), new NvrtcVersion(12, 4));

        key.FileName.ShouldMatch("^[0-9a-f]{64}\\.nvrtc12\\.4\\.cubin$");
        CubinKey.FromFileName(key.FileName).ShouldBe(key);
    }

    [Theory]
    [InlineData("abc.cubin")]
    [InlineData("abc.nvrtc12.cubin")]
    [InlineData("abc.nvrtc12.4.cubin.17.tmp")]
    [InlineData("abc.nvrtc12.x.cubin")]
    public void Other_files_in_the_folder_are_no_keys(string name) => CubinKey.FromFileName(name).ShouldBeNull();

    [Fact]
    public void A_change_in_a_header_that_a_header_includes_changes_the_key() =>
        Content(Request, SampleKernels.Headers(innerFactor: "4.0f")).ShouldNotBe(Content(Request, SampleKernels.Headers()));

    [Fact]
    public void A_change_in_a_header_that_is_not_included_does_not() =>
        Content(Request, SampleKernels.Headers(unrelated: "// new")).ShouldBe(Content(Request, SampleKernels.Headers()));

    [Fact]
    public void Source_name_architecture_and_every_option_change_the_key()
    {
        KernelHeaders headers = SampleKernels.Headers();
        string[] contents =
        [
            Content(Request, headers),
            Content(Request with { Arch = GpuArch.Sm86 }, headers),
            Content(Request with { Arch = GpuArch.Sm90a }, headers),
            Content(Request with { Source = Request.Source with { Name = "other" } }, headers),
            Content(Request with { Source = Request.Source with { Text = Request.Source.Text + " " } }, headers),
            Content(Request, headers, new CompileOptions { FusedMultiplyAdd = false }),
            Content(Request, headers, new CompileOptions { LineInfo = true }),
            Content(Request, headers, new CompileOptions { Additional = new EquatableArray<string>("-DX=1") }),
            Content(Request, headers, new CompileOptions { Additional = new EquatableArray<string>("-DX", "=1") }),
        ];

        contents.ShouldBeUnique();
    }

    [Fact]
    public void Only_reachable_headers_go_to_the_compiler_and_cycles_end()
    {
        var headers = new KernelHeaders(new Dictionary<string, string>
        {
            ["mc/a.cuh"] = "#include \"mc/b.cuh\"",
            ["mc/b.cuh"] = "  #  include <mc/a.cuh>\r\n// #include \"mc/c.cuh\"",
            ["mc/c.cuh"] = "",
        });

        headers.ReachableFrom("int x;\n#include \"mc/a.cuh\"\n#include \"mc/missing.cuh\"\n").Select(header => header.Key)
            .ShouldBe(["mc/a.cuh", "mc/b.cuh"]);
    }

    private static string Content(KernelRequest request, KernelHeaders headers, CompileOptions? options = null) =>
        new KernelCompiler(headers: headers, options: options).ContentOf(request);
}
