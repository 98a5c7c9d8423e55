using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Work;

namespace ModelCompiler.Core.Tests.Work;

public class RooflineTests
{
    private static readonly ChipRates Chip = new(
        IntegerMultiplyAdds: 1000, HalfMultiplyAdds: 500, FloatMultiplyAdds: 100, MemoryBytes: 10, CacheBytes: 40, CacheSize: 100);

    [Fact]
    public void The_slower_of_arithmetic_and_bytes_bounds_an_op()
    {
        var work = new OpWork(2000, 500, 100, WeightBytes: 80, ReadBytes: 60, WrittenBytes: 20);
        // 2 + 1 + 1 s; 80 / 40 + 80 / 40 s.
        Roofline.Of(work, Chip, cachesWeights: true).ShouldBe(new RooflineTime(4, 4, 4));
        // 80 / 10 + 80 / 40 s.
        Roofline.Of(work, Chip, cachesWeights: false).ShouldBe(new RooflineTime(4, 10, 10));
    }

    [Fact]
    public void Activations_beyond_the_cache_come_from_memory() =>
        Roofline.Of(new OpWork { ReadBytes = 60, WrittenBytes = 60 }, Chip, cachesWeights: true).Transfer.ShouldBe(12);

    [Fact]
    public void Weights_of_BERT_base_stay_in_a_cache_of_50_MB_as_INT4_but_not_as_FP16()
    {
        var chip = new ChipRates(1e15, 1e15, 1e15, MemoryBytes: 1e12, CacheBytes: 4e12, CacheSize: 50L << 20);
        var batch = new BatchShape(1, 32);
        double Weights(int bits)
        {
            ExecutionPlan plan = Planner.Plan(Models.BertBase, Models.Scheme(bits, bits));
            int op = plan.Ops.ToList().FindIndex(o => o.Name == "layer0.mlp_intermediate");
            OpWork work = PlanWork.Count(plan, GpuArch.Sm90a, batch)[op];
            return work.WeightBytes / (Roofline.Of(plan, GpuArch.Sm90a, batch, chip)[op].Transfer - work.ActivationBytes / chip.CacheBytes);
        }

        Weights(4).ShouldBe(4e12, 1e6);
        Weights(16).ShouldBe(1e12, 1e6);
    }
}
