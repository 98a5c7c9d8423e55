using ModelCompiler.Core;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Cuda.Driver;
using ModelCompiler.Runtime.Gpu;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>Grids of kernels whose blocks wait for one another.</summary>
public class LaunchShapeTests
{
    private static readonly LinearPrecision s_int8 = new(new(8, Symmetry.Symmetric, 0), new(8, Symmetry.Symmetric, ActivationRange.PerToken));

    private static readonly EpilogueSpec s_codes = new(new(
        new EpilogueOp.Bias(), new EpilogueOp.Quantize(new(8, Symmetry.Symmetric, ActivationRange.PerToken), 8)));

    private static readonly GemmProblem s_problem = GemmProblem.For(4096, 1024, s_int8, GpuArch.Sm90a);

    [Fact]
    public void Blocks_that_wait_need_a_gpu_that_runs_them_all()
    {
        var kernel = new ResidentGemmKernel(GpuArch.Sm90a, s_problem, new(16, 64, 2, 4, 1), RowScope.Grid, s_codes);
        kernel.ShapeIn(32, _ => 128, dependent: true).ShouldBe(new LaunchShape(64, 2, 256, kernel.SharedBytes, 1, true));
        Should.Throw<ModelCompilerException>(() => kernel.ShapeIn(32, _ => 127, dependent: true)).Message
            .ShouldBe($"{kernel.Name}: expected a GPU that runs 128 blocks at a time, because they wait for one another, found one that runs 127.");
    }

    [Fact]
    public void Kernels_whose_blocks_work_alone_are_launched_as_planned()
    {
        var kernel = new ResidentGemmKernel(GpuArch.Sm90a, s_problem, new(16, 512, 16, 1, 1), RowScope.Cluster, s_codes);
        kernel.ShapeIn(100, _ => throw new InvalidOperationException(), dependent: false)
            .ShouldBe(new LaunchShape(8, 7, 512, kernel.SharedBytes, 8));
    }

    [Fact]
    public void Persistent_blocks_are_no_more_than_run_at_a_time()
    {
        var kernel = new WgmmaGemmKernel(
            GpuArch.Sm90a, s_problem, new(128, 256, 4, WarpGroupSchedule.Cooperative), RowScope.Grid, s_codes);
        kernel.ShapeIn(16384, _ => 132, dependent: true).ShouldBe(new LaunchShape(132, 1, 384, kernel.SharedBytes, 1, true));
        kernel.ShapeIn(100, _ => 132, dependent: true).GridX.ShouldBe(16);
        // All 16 tiles of a row are under way together.
        kernel.ShapeIn(16384, _ => 16, dependent: true).GridX.ShouldBe(16);
        Should.Throw<ModelCompilerException>(() => kernel.ShapeIn(16384, _ => 15, dependent: true));
    }
}
