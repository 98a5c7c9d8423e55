using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Rendering;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Tuning;

namespace ModelCompiler.Core.Tests.Tuning;

public class TunedKernelsTests
{
    private const int Tokens = 64;

    private static readonly ExecutionPlan s_plan = Planner.Plan(Models.BertBase, Models.W4A4);
    private static readonly ShapeSet s_shapes = new(new(Tokens, 4096), 512);
    private static readonly GemmWork s_qkv = (GemmWork)KernelWork.AllOf(s_plan, GpuArch.Sm90a, Tokens)[0].Work;

    private static TuningDatabase Database(params TuningEntry[] entries) =>
        new(new("GPU", "9.0", 132, "13.0", "12.4", "2026-11-25"), new(entries));

    private static IReadOnlyList<KernelCandidate> Candidates(int tokens) => s_qkv.Candidates(GpuArch.Sm90a, tokens);

    [Fact]
    public void A_plan_has_a_work_for_each_part_and_one_for_the_last_layers_output()
    {
        IReadOnlyList<(KernelWork Work, int Op)> works = KernelWork.AllOf(s_plan, GpuArch.Sm90a, Tokens);
        works.Count.ShouldBe(6);
        works[1].Work.Name.ShouldBe("attention_h12x64_qs4in8");
        works.Select(w => w.Work.Name).ShouldBeUnique();
        s_qkv.Name.ShouldBe("ws4_as4_n2304_k768_bias_f16");
        works.Select(w => w.Op).ShouldBe([1, 2, 3, 4, 5, 60]);
    }

    [Fact]
    public void A_measured_candidate_takes_the_place_of_the_rules()
    {
        string wanted = Candidates(Tokens)[1].Token;
        TunedKernels tuned = TunedKernels.Choose(s_plan, s_shapes, GpuArch.Sm90a, Database(new TuningEntry(s_qkv.Name, Tokens, wanted, 1, 0)));

        tuned.Unknown.ShouldBeEmpty();
        tuned.Choices.ShouldHaveSingleItem().ShouldBe(new(GpuArch.Sm90a, Tokens, s_qkv.Name, wanted));
        TargetPlan ruled = Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a);
        TargetPlan target = Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a, tuned.Choices);
        Schedules(target, 0, s_qkv).ShouldBe([wanted]);
        Schedules(ruled, 0, s_qkv).ShouldNotBe([wanted]);
        target.Buckets[1].ShouldBe(ruled.Buckets[1]);
        target.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void The_rules_own_candidate_is_no_choice() =>
        TunedKernels.Choose(s_plan, s_shapes, GpuArch.Sm90a, Database(new TuningEntry(s_qkv.Name, Tokens, Candidates(Tokens)[0].Token, 1, 0)))
            .ShouldBe(TunedKernels.None);

    [Fact]
    public void A_candidate_that_no_longer_exists_leaves_the_choice_to_the_rules()
    {
        TunedKernels tuned = TunedKernels.Choose(
            s_plan, s_shapes, GpuArch.Sm90a, Database(new TuningEntry(s_qkv.Name, Tokens, "m1n1k1", 1, 0)));
        tuned.Choices.ShouldBeEmpty();
        tuned.Unknown.ShouldHaveSingleItem().Candidate.ShouldBe("m1n1k1");
        // A class of another version may still name it.
        Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a, tuned.Unknown).ShouldBe(Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a));
    }

    [Theory]
    [InlineData("wgmma_q64h2x1_k64_s2")]
    [InlineData("wgmma_q64h1x1_k64_s2_rows")]
    [InlineData("mma_g12")]
    public void Attention_is_chosen_like_a_product(string token)
    {
        KernelWork attention = KernelWork.AllOf(s_plan, GpuArch.Sm90a, Tokens)[1].Work;
        KernelCandidate wanted = attention.Candidates(GpuArch.Sm90a, Tokens).Single(c => c.Token == token);

        TunedKernels tuned = TunedKernels.Choose(s_plan, s_shapes, GpuArch.Sm90a, Database(new TuningEntry(attention.Name, Tokens, token, 1, 0)));

        tuned.Unknown.ShouldBeEmpty();
        BucketPlan bucket = Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a, tuned.Choices).Buckets[0];
        int op = Enumerable.Range(0, s_plan.Ops.Count).First(i => s_plan.Ops[i] is AttentionOp);
        bucket.Launches.Where(l => l.Op == op).Select(l => l.Kernel).ShouldBe(wanted.Kernels);
    }

    [Fact]
    public void A_bucket_that_was_measured_whole_borrows_nothing()
    {
        TuningDatabase database = Database(new TuningEntry(s_qkv.Name, 2 * Tokens, Candidates(2 * Tokens)[1].Token, 1, 0));
        var measured = new TuningEncoder(TuningStrategy.ModelKey(s_plan.Model), TuningStrategy.Texts(s_plan.Scheme), Tokens, 64, 300, 300, 1);
        Choices(database).ShouldHaveSingleItem();
        Choices(database with { Encoders = new(measured) }).ShouldBeEmpty();
        Choices(database with { Encoders = new(measured with { Tokens = 2 * Tokens }) }).ShouldHaveSingleItem();
        Choices(database with { Encoders = new(measured with { Model = "another" }) }).ShouldHaveSingleItem();
        Choices(database with { Encoders = new(measured with { Kernels = new("gemm:0000000000000000") }) }).ShouldHaveSingleItem();

        static EquatableArray<KernelChoice> Choices(TuningDatabase database) =>
            TunedKernels.Choose(s_plan, new(new(Tokens), 64), GpuArch.Sm90a, database).Choices;
    }

    [Fact]
    public void What_was_one_kernel_in_the_measured_encoder_borrows_all_the_same()
    {
        const int Bucket = 1024;
        KernelWork[] works = [.. KernelWork.AllOf(s_plan, GpuArch.Sm90a, Bucket).Take(3).Select(w => w.Work)]; // qkv, attention, attention output
        TuningDatabase database = Database(
            [.. works.Select(w => new TuningEntry(w.Name, 2 * Bucket, w.Candidates(GpuArch.Sm90a, Bucket)[1].Token, 1, 0))]);
        TargetPlan target = Scheduler.Schedule(s_plan, new(new(Bucket), 512), GpuArch.Sm90a);
        Choices(default).ShouldBe(works.Select(w => w.Name));
        Choices(new(Encoder(target.Buckets[0]))).ShouldBeEmpty();
        Choices(new(Encoder(target.TiledBuckets[0]))).ShouldBe(works.Take(2).Select(w => w.Name));

        static TuningEncoder Encoder(BucketPlan bucket) =>
            new(TuningStrategy.ModelKey(s_plan.Model), TuningStrategy.Texts(s_plan.Scheme), Bucket, 128, 300, 300, 1)
            {
                Kernels = KernelVersion.Of(bucket.Launches.Select(l => l.Kernel)),
            };

        IEnumerable<string> Choices(EquatableArray<TuningEncoder> encoders) => TunedKernels.Choose(
            s_plan, new(new(Bucket), 512), GpuArch.Sm90a, database with { Encoders = encoders }).Choices.Select(c => c.Work);
    }

    [Fact]
    public void A_choice_is_for_its_target_and_bucket_alone()
    {
        var choice = new KernelChoice(GpuArch.Sm80, Tokens, s_qkv.Name, Candidates(Tokens)[1].Token);
        Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a, new(choice)).ShouldBe(Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a));
        Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a, new(choice with { Arch = GpuArch.Sm90a, Tokens = 65 }))
            .ShouldBe(Scheduler.Schedule(s_plan, s_shapes, GpuArch.Sm90a));
    }

    [Fact]
    public void Choices_are_part_of_the_plans_hash()
    {
        var choice = new KernelChoice(GpuArch.Sm90a, Tokens, s_qkv.Name, Candidates(Tokens)[1].Token);
        string plain = PlanHash.Compute(s_plan, s_shapes), tuned = PlanHash.Compute(s_plan, s_shapes, new(choice));
        tuned.ShouldNotBe(plain);
        tuned.ShouldNotBe(PlanHash.Compute(s_plan, s_shapes, new(choice with { Tokens = 4096 })));
        PlanHash.Compute(s_plan, s_shapes, default).ShouldBe(plain);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(8, 8)]
    [InlineData(4, 8)]
    [InlineData(4, 16)]
    [InlineData(16, 16)]
    public void Every_candidate_of_base_and_large_passes_the_verifier_at_every_bucket(int weights, int activations)
    {
        foreach (EncoderModel model in new[] { Models.BertBase, Models.BertLarge })
        {
            ExecutionPlan plan = Planner.Plan(model, Models.Scheme(weights, activations));
            foreach (GpuArch arch in Models.Targets)
            {
                foreach (int tokens in Models.Shapes.TokenBuckets)
                {
                    foreach ((KernelWork work, _) in KernelWork.AllOf(plan, arch, tokens))
                    {
                        IReadOnlyList<KernelCandidate> candidates = work.Candidates(arch, tokens);
                        candidates.Select(c => c.Token).ShouldBeUnique($"{work.Name} at {tokens} on {arch}");
                        candidates.SelectMany(c => c.Kernels).SelectMany(ScheduleVerifier.Verify).ShouldBeEmpty();
                        candidates[0].ShouldBe(work.Rule(arch, tokens));
                        if (work is GemmWork || arch == GpuArch.Sm90a)
                            candidates.Count.ShouldBeGreaterThan(3);
                    }
                }
            }
        }
    }

    private static string[] Schedules(TargetPlan target, int bucket, GemmWork work) =>
        [.. target.Buckets[bucket].Launches.Select(l => l.Kernel).OfType<LinearKernel>()
            .Where(k => k.Problem == work.Problem && k.Epilogue == work.Epilogue).Select(k => k.Schedule).Distinct()];
}
