using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;

namespace ModelCompiler.Core.Tests.Rendering;

public class KernelVersionTests
{
    private static readonly Dictionary<string, string> s_files = new()
    {
        ["templates/cuda/rows.cu.hbs"] = "// {{Name}}\n#include \"mc/a.cuh\"\nKernel {{Name}}();\n",
        ["mc/a.cuh"] = "#pragma once\n  #include \"mc/b.cuh\"\nint a;\n",
        ["mc/b.cuh"] = "#include \"mc/a.cuh\"\nasm(\"x; // y  z\");  // b\n",
        ["mc/c.cuh"] = "int c;\n",
    };

    [Theory]
    [InlineData("mc/c.cuh", "int d;\n", true)] // is not included
    [InlineData("mc/a.cuh", "#pragma once\n#include \"mc/b.cuh\"\nint b;\n", false)]
    [InlineData("mc/b.cuh", "#include \"mc/a.cuh\"\nasm(\"x; // y z\");\n", false)] // through another header; a string is no comment
    [InlineData("mc/b.cuh", "/* two\nlines */\r\n#include \"mc/a.cuh\"\r\n\r\n  asm(\"x; // y  z\");\r\n", true)]
    [InlineData("templates/cuda/rows.cu.hbs", "#include \"mc/a.cuh\"\nKernel {{Threads}}();\n", false)]
    [InlineData("templates/cuda/rows.cu.hbs", "#include \"mc/a.cuh\"\n#include \"mc/c.cuh\"\nKernel {{Name}}();\n", false)]
    public void It_changes_with_what_the_kernel_is_made_of(string file, string text, bool isSame)
    {
        var changed = new Dictionary<string, string>(s_files) { [file] = text };
        (Version(changed) == Version(s_files)).ShouldBe(isSame);
    }

    [Fact]
    public void It_names_the_kind_and_this_compiler_has_it()
    {
        string[] versions = [.. AllKernels.Select(KernelVersion.Of).Distinct()];
        versions.Length.ShouldBe(9);
        versions.ShouldAllBe(v => KernelVersion.IsCurrent(v) && System.Text.RegularExpressions.Regex.IsMatch(v, "^[a-z_]+:[0-9a-f]{16}$"));
        KernelVersion.KindOf(versions[0]).ShouldBe("gemm");
        KernelVersion.IsCurrent("gemm:0000000000000000").ShouldBeFalse();
        KernelVersion.Of(AllKernels.Reverse()).ShouldBe(versions.Order(StringComparer.Ordinal).ToEquatableArray());
    }

    private static IEnumerable<KernelPlan> AllKernels
    {
        get
        {
            var store = new EpilogueSpec(new(new EpilogueOp.StoreFloat16()));
            KernelWork work = KernelWork.AllOf(Planner.Plan(Models.BertBase, Models.W4A4), GpuArch.Sm90a, 32)[0].Work;
            KernelPlan[] products = [.. ((int[])[32, 1024]).SelectMany(tokens => work.Candidates(GpuArch.Sm90a, tokens)).Select(c => c.First)];
            yield return products.OfType<GemmKernel>().First();
            yield return products.OfType<ResidentGemmKernel>().First();
            yield return products.OfType<WgmmaGemmKernel>().First();
            yield return new AttentionKernel(GpuArch.Sm90a, 12, 64, 12, store);
            yield return new HopperAttentionKernel(GpuArch.Sm90a, 12, 64, new(1, 1, 1, 64, 2), store);
            yield return new RowsKernel(GpuArch.Sm90a, 768, store);
            yield return new EmbeddingKernel(GpuArch.Sm90a, 768, 0, true, store);
            yield return new PoolKernel(GpuArch.Sm90a, 768, PoolKind.First, false, store);
            yield return new DenseKernel(GpuArch.Sm90a, 768, 768, RowDomain.Tokens, store);
        }
    }

    private static string Version(Dictionary<string, string> files) => KernelVersion.Compute("rows", files.GetValueOrDefault);
}
