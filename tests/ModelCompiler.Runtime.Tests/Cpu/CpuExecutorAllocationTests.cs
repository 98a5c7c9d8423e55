using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Cpu;

namespace ModelCompiler.Runtime.Tests.Cpu;

/// <summary>Runs while no other test does: allocation is counted over all threads of the process.</summary>
[CollectionDefinition(nameof(CpuExecutorAllocationTests), DisableParallelization = true)]
[Collection(nameof(CpuExecutorAllocationTests))]
public sealed class CpuExecutorAllocationTests
{
    [Theory]
    [InlineData("fp16")]
    [InlineData("w8a8")]
    [InlineData("w4a4 asymmetric")]
    [InlineData("w4a8 group 64")]
    public void A_call_no_larger_than_one_before_allocates_nothing(string name)
    {
        EncoderModel model = Encoders.Grouped;
        using CpuWeights weights = CpuWeights.Bind(Planner.Plan(model, Encoders.Schemes[name]), new RandomWeights());
        using var executor = new CpuExecutor(weights, new() { Threads = 2 });
        (int[] ids, int[] lengths, int[] types) = Encoders.Batch(model, 1, 64, 20, 33, 8, 1, 60, 7, 12, 9);
        float[] output = new float[executor.OutputLength(ids.Length, lengths.Length)];
        float[] hidden = new float[ids.Length * model.HiddenSize];
        int small = (int)executor.OutputLength(20, 1);
        executor.Run(ids.AsSpan(0, 20), lengths.AsSpan(1, 1), types.AsSpan(0, 20), output.AsSpan(0, small));
        executor.Run(ids, lengths, types, output, hidden);

        // The test host may allocate beside us now and then, not in every window.
        long least = long.MaxValue;
        for (int window = 0; window < 10 && least > 0; window++)
        {
            long own = GC.GetAllocatedBytesForCurrentThread(), all = GC.GetTotalAllocatedBytes(precise: true);
            executor.Run(ids, lengths, types, output, hidden);
            executor.Run(ids.AsSpan(0, 20), lengths.AsSpan(1, 1), types.AsSpan(0, 20), output.AsSpan(0, small));
            long total = GC.GetTotalAllocatedBytes(precise: true) - all;
            (GC.GetAllocatedBytesForCurrentThread() - own).ShouldBe(0);
            least = Math.Min(least, total);
        }

        least.ShouldBe(0);
    }
}
