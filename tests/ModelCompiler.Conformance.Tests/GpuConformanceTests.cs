using ModelCompiler.Conformance.Weights;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime;

namespace ModelCompiler.Conformance.Tests;

/// <summary>The suite on the first GPU, where there is one.</summary>
public class GpuConformanceTests
{
    private static readonly Device s_gpu = Device.Cuda(0);

    [GpuFact]
    public void Every_case_on_the_GPU_agrees_with_the_CPU_executor()
    {
        ConformanceReport report = ConformanceRunner.Run(ConformanceSuite.Cases(reduced: false), GpuConformanceExecutor.On(s_gpu));
        report.Failed.ShouldBeFalse(report.ToString());
    }

    [GpuFact]
    public void The_kernels_for_Ampere_agree_through_PTX()
    {
        ConformanceReport report = ConformanceRunner.Run(ConformanceSuite.Cases(reduced: true), GpuConformanceExecutor.On(s_gpu, GpuArch.Sm80));
        report.Failed.ShouldBeFalse(report.ToString());
    }

    [GpuFact]
    public void Concurrent_replays_give_the_bits_of_serial_ones_and_leak_nothing()
    {
        ConformanceCase sample = ConformanceSuite.Cases(reduced: true).First(c => c.Name.StartsWith("sample-w4a4-", StringComparison.Ordinal));
        ReplayReport report = ReplayStress.Run(s_gpu, sample, 2000, lanes: 4, threads: 16, static _ => { });
        report.Passed.ShouldBeTrue(report.ToString());
    }

    [GpuFact]
    public void Failures_end_in_typed_errors_and_leak_nothing()
    {
        string folder = Directory.CreateTempSubdirectory("failures-").FullName;
        FailureChecks.Run(s_gpu, folder).Where(check => check.Failure is not null).ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_driver_a_GPU_session_throws_and_says_what_was_tried()
    {
        if (GpuFactAttribute.HasDriver)
            return; // the other case is the one above
        ConformanceCase any = ConformanceSuite.Cases(reduced: true)[0];
        Core.Planning.ExecutionPlan plan = Core.Planning.Planner.Plan(any.Model, any.Scheme);
        ModelCompiler.Runtime.ModelWeights weights = RandomModelWeights.Create(any, plan);

        var e = Should.Throw<CudaDriverNotFoundException>(() => GpuConformanceExecutor.On(s_gpu)(any, plan, weights).Dispose());
        e.Message.ShouldContain("libcuda.so.1");
    }
}
