using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Validation;
using ModelCompiler.Runtime;

namespace ModelCompiler.Conformance.Tests;

/// <summary>What the suite covers.</summary>
public sealed class ConformanceSuiteTests
{
    private static readonly IReadOnlyList<ConformanceCase> s_full = ConformanceSuite.Cases(reduced: false);
    private static readonly IReadOnlyList<ConformanceCase> s_reduced = ConformanceSuite.Cases(reduced: true);

    private static readonly Type[] s_hopperKinds = [typeof(ResidentGemmKernel), typeof(SplitGemmKernel), typeof(SplitKGemmKernel), typeof(WgmmaGemmKernel), typeof(SparseGemmKernel), typeof(HopperAttentionKernel), typeof(QkvAttentionKernel), typeof(FewQkvAttentionKernel)];

    /// <summary>Those of the kernels that every architecture has.</summary>
    private static readonly GemmFamily[] s_families = [.. Enum.GetValues<GemmFamily>().Where(family => family != GemmFamily.Int8Activation4)];

    public static TheoryData<bool> Suites => [false, true];

    [Fact]
    public void The_number_of_cases_is_bounded()
    {
        s_reduced.Count.ShouldBeInRange(10, 19);
        s_full.Count.ShouldBeInRange(100, 149);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Names_and_seeds_are_unique(bool reduced)
    {
        IReadOnlyList<ConformanceCase> cases = ConformanceSuite.Cases(reduced);
        cases.Select(c => c.Name).ShouldBeUnique();
        cases.Select(c => c.Seed).ShouldBeUnique();
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Every_case_is_one_that_attributes_can_declare(bool reduced)
    {
        foreach (ConformanceCase next in ConformanceSuite.Cases(reduced))
        {
            ValidationResult result = DeclaredCase.Validate(next);
            result.Declaration.ShouldNotBeNull($"{next.Name}: {string.Join("; ", result.Errors)}");
            (result.Declaration.Model with { LabelNames = next.Model.LabelNames }).ShouldBe(next.Model, next.Name);
            result.Declaration.Scheme.ShouldBe(next.Scheme, next.Name);
            result.Declaration.Shapes.ShouldBe(next.Shapes, next.Name);
            next.SequenceLengths.ShouldAllBe(length => length >= 1 && length <= next.Shapes.MaxSequence);
            next.Tokens.ShouldBeLessThanOrEqualTo(next.Shapes.MaxTokens);
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_kernel_of_every_case_fits_its_architecture(GpuArch arch) => Scheduled(s_full.Concat(s_reduced), arch)
        .SelectMany(plan => plan.Findings).Select(finding => finding.ToString()).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Targets))]
    public void The_full_suite_runs_every_kind_of_kernel(GpuArch arch)
    {
        KernelPlan[] kernels = [.. Scheduled(s_full, arch).SelectMany(plan => plan.Kernels).Distinct()];
        kernels.Select(kernel => kernel.GetType()).Distinct().ShouldBe(
            typeof(KernelPlan).Assembly.GetTypes()
                .Where(type => type.IsSubclassOf(typeof(KernelPlan)) && !type.IsAbstract && (arch == GpuArch.Sm90a || !s_hopperKinds.Contains(type))),
            ignoreOrder: true);

        kernels.OfType<LinearKernel>().Select(gemm => (gemm.GetType(), gemm.Problem.Family, gemm.Scope)).Distinct()
            .ShouldBe(arch == GpuArch.Sm90a ? HopperProducts() : Products(typeof(GemmKernel), s_families, RowScope.Partial, RowScope.Tile), ignoreOrder: true);
        int[] hopperSizes = [.. kernels.OfType<HopperAttentionKernel>().Select(kernel => kernel.HeadSize).Distinct()];
        hopperSizes.ShouldBe(arch == GpuArch.Sm90a ? [64, 128] : [], ignoreOrder: true);
        kernels.OfType<HopperAttentionKernel>().Select(kernel => (InTurns: kernel.Tile.Turns > 1, Exchanges: kernel.ClusterSize > 1)).Distinct()
            .ShouldBe(arch == GpuArch.Sm90a ? [(false, false), (false, true), (true, false), (true, true)] : [], ignoreOrder: true);
        kernels.OfType<AttentionKernel>().Select(kernel => kernel.HeadSize).Concat(hopperSizes).Distinct().ShouldBe([16, 32, 64, 128], ignoreOrder: true);
    }

    /// <summary>
    /// The rules take each kernel of Hopper for all that it can do, but for the few-token GEMM across the grid, and leave the others to
    /// those of all architectures.
    /// </summary>
    private static IEnumerable<(Type, GemmFamily, RowScope)> HopperProducts()
    {
        GemmFamily[] families = [.. s_families.Where(family => family != GemmFamily.Int4)];
        GemmFamily[] integers = [GemmFamily.Int8, GemmFamily.Int8Weight4];
        return
        [
            .. Products(typeof(GemmKernel), families.Except([GemmFamily.Float16]), RowScope.Partial, RowScope.Tile, RowScope.Cluster),
            .. Products(typeof(ResidentGemmKernel), families, RowScope.Partial, RowScope.Cluster),
            .. Products(typeof(SplitGemmKernel), integers, RowScope.Cluster),
            .. Products(typeof(SplitKGemmKernel), [.. integers, GemmFamily.Float16], RowScope.Grid),
            .. Products(typeof(WgmmaGemmKernel), integers, RowScope.Partial, RowScope.Tile, RowScope.Cluster, RowScope.Grid),
            .. Products(typeof(WgmmaGemmKernel), [GemmFamily.Float16], RowScope.Partial, RowScope.Tile, RowScope.Cluster, RowScope.Grid),
            .. Products(typeof(WgmmaGemmKernel), [GemmFamily.Int8Activation4], RowScope.Grid),
            .. Products(typeof(SparseGemmKernel), [GemmFamily.Int8Weight4, GemmFamily.Int8], RowScope.Partial),
        ];
    }

    private static IEnumerable<(Type, GemmFamily, RowScope)> Products(Type kernel, IEnumerable<GemmFamily> families, params RowScope[] scopes) =>
        families.SelectMany(family => scopes.Select(scope => (kernel, family, scope)));

    [Fact]
    public void The_full_suite_holds_every_head_family_precision_and_token_total()
    {
        s_full.Select(c => c.Model.Head).Distinct().ShouldBe(Enum.GetValues<EncoderHead>().Where(head => head != EncoderHead.FromConfig), ignoreOrder: true);
        s_full.Select(c => c.Model.Family).Distinct()
            .ShouldBe(Enum.GetValues<EncoderFamily>().Where(family => family != EncoderFamily.FromConfig), ignoreOrder: true);
        s_full.Select(c => c.Tokens).Distinct().ShouldBe([1, 16, 17, 127, 128, 129, 256, 813], ignoreOrder: true);
        s_full.ShouldContain(c => c.SequenceLengths.Contains(1) && c.SequenceLengths.Contains(c.Shapes.MaxSequence));

        // Every pair of formats, groups and ranges that MC0301 to MC0311 let through, symmetry and sparsity apart.
        LinearPrecision[] precisions = [.. s_full.SelectMany(c => QuantizationScheme.Parts.Select(part => c.Scheme[part])).Distinct()];
        foreach ((int weights, int activations) in new[] { (16, 16), (4, 16), (8, 8), (4, 8), (4, 4) })
        {
            LinearPrecision[] own = [.. precisions.Where(p => p.Weights.Bits == weights && p.Activations.Bits == activations)];
            own.ShouldNotBeEmpty();
            if (weights < 16)
            {
                own.Select(p => p.Weights.GroupSize).Distinct().ShouldBe([0, 64, 128], ignoreOrder: true);
                own.Select(p => p.Weights.Symmetry).Distinct().Count().ShouldBe(2);
            }

            if (activations < 16)
            {
                own.Select(p => p.Activations.Symmetry).Distinct().Count().ShouldBe(2);
                own.Select(p => p.Activations.Range).Distinct().Count().ShouldBe(2);
            }
        }
    }

    [Fact]
    public void Equal_cases_have_equal_weights_and_other_cases_others()
    {
        ConformanceCase given = s_reduced.First(c => c.Scheme.Qkv.Activations.Range == ActivationRange.Static);
        QuantizedLinearWeight first = Qkv(given), again = Qkv(given), other = Qkv(given with { Name = given.Name + "x" });
        again.Weights.Codes.ShouldBe(first.Weights.Codes);
        again.Input.ShouldBe(first.Input);
        first.Input!.Value.Scale.ShouldBeInRange(0.01f, 0.1f);
        other.Weights.Codes.ShouldNotBe(first.Weights.Codes);

        static QuantizedLinearWeight Qkv(ConformanceCase c) =>
            RandomModelWeights.Create(c, Planner.Plan(c.Model, c.Scheme)).Get<QuantizedLinearWeight>(new(WeightRole.Qkv, 0));
    }

    public static TheoryData<GpuArch> Targets => [.. Enum.GetValues<GpuArch>()];

    private static IEnumerable<TargetPlan> Scheduled(IEnumerable<ConformanceCase> cases, GpuArch arch) =>
        cases.Select(c => Scheduler.Schedule(Planner.Plan(c.Model, c.Scheme), c.Shapes, arch));
}
