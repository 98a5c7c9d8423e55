using ModelCompiler.Core;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Tests;

/// <summary>Ops one by one: equal results pass for every kind of op, and one wrong element fails its kind.</summary>
public sealed class OpComparisonTests
{
    private static readonly IReadOnlyList<ConformanceCase> s_cases = ConformanceSuite.Cases(reduced: true);

    [Theory]
    [InlineData(GpuArch.Sm80)]
    [InlineData(GpuArch.Sm90a)]
    public void Equal_results_pass_in_the_memory_layout_of_a_GPU(GpuArch arch)
    {
        ConformanceReport report = Run(arch, values => values);
        report.Failed.ShouldBeFalse(report.ToString());
        report.Ops.ShouldAllBe(op => op.Different == 0 && op.Error == 0 && op.Elements > 0);
        report.Ops.Sum(op => op.Ops).ShouldBeGreaterThan(200);
        report.Ops.Select(op => op.Op.Split(' ')[0].TrimEnd(',')).Distinct().ShouldBe(["attention", "dense", "embedding", "gemm", "pool"], ignoreOrder: true);
    }

    [Fact]
    public void An_integer_product_stored_as_it_is_keeps_every_bit()
    {
        ConformanceReport report = Run(GpuArch.Sm90a, values => With(values, "qkv", v => v.Values[^1] = MathF.BitIncrement(v.Values[^1])));
        report.Failed.ShouldBeTrue();
        report.Ops.Where(op => !op.Passed).ShouldAllBe(op => op.Op.StartsWith("gemm w") && op.Result == "f16" && op.ErrorBound == 0);
        report.Ops.Count(op => !op.Passed).ShouldBeGreaterThan(3);
    }

    [Fact]
    public void A_code_two_steps_off_fails()
    {
        ConformanceReport report = Run(GpuArch.Sm90a, values => With(values, "", v => v.Codes[0] += (short)(v.Codes[0] > 0 ? -2 : 2), codes: true));
        report.Ops.ShouldAllBe(op => op.Passed == (op.Wrong == 0));
        report.Ops.Count(op => !op.Passed).ShouldBeGreaterThan(5);
        report.ToString().ShouldContain("FAIL");
    }

    [Fact]
    public void A_value_that_was_not_written_fails()
    {
        ConformanceReport report = Run(GpuArch.Sm90a, values => With(values, "", v => v.Values[^1] = float.NaN));
        report.Ops.ShouldAllBe(op => !op.Passed || op.Elements > 0 && op.Result != "f16");
    }

    private static ConformanceReport Run(GpuArch arch, Func<BufferValues, BufferValues> fault) =>
        ConformanceRunner.Run(s_cases, (c, plan, weights) => new ReplayingExecutor(c, plan, weights, arch, fault));

    private static BufferValues With(BufferValues values, string name, Action<BufferValues> change, bool codes = false)
    {
        if (values.IsCodes == codes && values.Buffer.Name.Contains(name, StringComparison.Ordinal))
            change(values);
        return values;
    }
}
