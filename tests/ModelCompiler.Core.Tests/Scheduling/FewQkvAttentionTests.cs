using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Scheduling;

/// <summary>Projection and attention of few tokens in one kernel, and the product that quantizes what it leaves.</summary>
public class FewQkvAttentionTests
{
    private static readonly ExecutionPlan s_plan = Planner.Plan(Models.BertBase, Models.W4A4);

    private static readonly int s_qkv = s_plan.Ops.ToList().FindIndex(op => op is LinearOp { Part: EncoderPart.Qkv });

    private static BucketPlan Schedule(ExecutionPlan plan, int tokens, params KernelChoice[] choices) =>
        Scheduler.Schedule(plan, new(new(tokens), tokens), GpuArch.Sm90a, choices.ToEquatableArray()).Buckets[0];

    private static FewQkvAttentionKernel[] Kernels(ExecutionPlan plan, int tokens, params KernelChoice[] choices) =>
        [.. Schedule(plan, tokens, choices).Launches.Select(launch => launch.Kernel).OfType<FewQkvAttentionKernel>()];

    [Theory]
    [InlineData(4, 16)]
    [InlineData(4, 32)]
    [InlineData(8, 32)]
    [InlineData(4, 64)]
    [InlineData(8, 64)]
    public void A_layer_of_few_tokens_has_four_kernels_and_codes_nowhere_between_attention_and_its_output(int bits, int tokens)
    {
        foreach (EncoderModel model in tokens > 32 ? new[] { Models.BertBase } : [Models.BertBase, Models.BertLarge])
        {
            ExecutionPlan plan = Planner.Plan(model, Models.Scheme(bits, bits));
            BucketPlan bucket = Schedule(plan, tokens);
            KernelLaunch[] fused = [.. bucket.Launches.Where(launch => launch.Kernel is FewQkvAttentionKernel)];
            fused.Length.ShouldBe(model.Layers);
            foreach (KernelLaunch launch in fused)
            {
                var kernel = (FewQkvAttentionKernel)launch.Kernel;
                (plan.Ops[launch.FirstOp] is LinearOp { Part: EncoderPart.Qkv } && plan.Ops[launch.Op] is AttentionOp).ShouldBeTrue();
                ScheduleVerifier.VerifyIn(tokens, kernel).ShouldBeEmpty();
                kernel.BlocksThatWait(tokens).ShouldBe(0);
                (kernel.Tile.Keys >= tokens, kernel.ClusterSize, kernel.Grid(tokens)).ShouldBe((true, kernel.Tile.Ranks, (kernel.Tile.Ranks, model.AttentionHeads)));

                var output = (LinearOp)plan.Ops[launch.Op + 1];
                KernelPlan reader = bucket.Launches.Single(next => next.Op == launch.Op + 1).Kernel;
                reader.ShouldBeOfType<SplitGemmKernel>().RangeParts.ShouldBe(kernel.RangeParts);
                DeviceBuffer values = bucket.Buffers[output.Source];
                (values.RowBytes, values.MetadataBytes).ShouldBe((4 * output.K, 4 * kernel.RangeParts));
                bucket.Buffers[((AttentionOp)plan.Ops[launch.Op]).Source].Bytes(tokens).ShouldBe(0);
            }
        }
    }

    [Fact]
    public void Many_tokens_other_formats_and_other_heads_keep_kernels_of_their_own()
    {
        Kernels(s_plan, 64).ShouldNotBeEmpty();
        Kernels(s_plan, 65).ShouldBeEmpty();
        Kernels(Planner.Plan(Models.BertLarge, Models.W4A4), 64).ShouldBeEmpty(); // 128 blocks
        QuantizationScheme[] others =
        [
            Models.Scheme(4, 16), Models.Scheme(4, 4, Symmetry.Asymmetric), Models.Scheme(8, 8, range: ActivationRange.Static), Models.Scheme(4, 8, group: 64),
        ];
        others.ShouldAllBe(scheme => Kernels(Planner.Plan(Models.BertBase, scheme), 32).Length == 0);
        Kernels(Planner.Plan(Models.Bert(768, 1, 6, 3072), Models.W4A4), 32).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_choice_for_one_of_the_works_keeps_them_apart(int offset)
    {
        KernelWork work = KernelWork.AllOf(s_plan, GpuArch.Sm90a, 32).First(w => w.Op == s_qkv + offset).Work;
        KernelCandidate rule = work.Rule(GpuArch.Sm90a, 32);
        Kernels(s_plan, 32, new KernelChoice(GpuArch.Sm90a, 32, work.Name, rule.Token)).ShouldBeEmpty();
        Kernels(s_plan, 32, new KernelChoice(GpuArch.Sm90a, 32, work.Name, "none")).ShouldNotBeEmpty();
        Kernels(s_plan, 32, new KernelChoice(GpuArch.Sm90a, 64, work.Name, rule.Token)).ShouldNotBeEmpty();
    }

    [Fact]
    public void The_verifier_names_what_the_header_would_assert()
    {
        FewQkvAttentionKernel good = Kernels(s_plan, 32)[0];
        string[] Limits(FewQkvAttentionKernel kernel) => [.. ScheduleVerifier.Verify(kernel).Select(finding => finding.Limit)];
        Limits(good).ShouldBeEmpty();
        Limits(good with { Tile = good.Tile with { Parts = 4 } }).ShouldContain("panels of a head beyond equal parts");
        Limits(good with { Tile = good.Tile with { TokenTiles = 8 } }).ShouldContain("blocks of a cluster");
        Limits(good with { Tile = new(1, 1, 6, 2) }).ShouldBe(["blocks of a head that are no cluster"]);
        Limits(good with { Tile = new(2, 3, 1, 2) }).ShouldBe(["warps that attend"]);
        Limits(good with { Tile = new(2, 3, 2, 5) }).ShouldContain("blocks of weights beyond equal shares of warps and chunks");
        Limits(good with { Heads = 11 }).ShouldBe(["outputs of the projection beyond those of the heads"]);
        Limits(good with { Epilogue = new(new(new EpilogueOp.StoreFloat16())) }).ShouldBe(["epilogues that do not leave it to a reader to quantize"]);
        LinearPrecision grouped = Models.Scheme(4, 8, group: 64)[EncoderPart.Qkv];
        Limits(good with { Problem = GemmProblem.For(2304, 768, grouped, GpuArch.Sm90a) }).ShouldContain("operands that are not symmetric codes with a scale for each row");
    }
}
