using ModelCompiler.Conformance.Ops;
using ModelCompiler.Conformance.Weights;
using ModelCompiler.Core;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Conformance.Tests;

/// <summary>The reference adds groups, scales and bias in the order of docs/numerics.md: every bit of the FP16 result.</summary>
public sealed class GroupOrderTests
{
    public static TheoryData<string> Grouped => [.. ConformanceSuite.Cases(reduced: false).Where(IsGrouped).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Grouped))]
    public void Symmetric_products_are_the_scalar_formula(string name)
    {
        ConformanceCase given = ConformanceSuite.Cases(reduced: false).Single(c => c.Name == name);
        ExecutionPlan plan = Planner.Plan(given.Model, given.Scheme);
        ModelWeights weights = RandomModelWeights.Create(given, plan);
        using var executor = new ReplayingExecutor(given, plan, weights, GpuArch.Sm90a, v => v);
        ConformanceBatch batch = ConformanceBatch.Random(given.Model, given.SequenceLengths, given.Seed);
        (int index, LinearOp op) = plan.Ops.Index().Where(o => o.Item is LinearOp { Part: EncoderPart.Qkv }).Select(o => (o.Index, (LinearOp)o.Item)).First();
        BufferValues input = executor.RunOp(batch, index - 1, []).Single(v => v.Buffer.Id == op.Source);
        BufferValues found = executor.RunOp(batch, index, [input]).Single();
        var weight = weights.Get<QuantizedLinearWeight>(op.Weight);

        int size = op.Precision.Weights.GroupSize, groups = op.K / size;
        int different = 0;
        for (int m = 0; m < found.Rows; m++)
        {
            for (int n = 0; n < op.N; n++)
            {
                float total = 0;
                for (int g = 0; g < groups; g++)
                {
                    int sum = 0;
                    for (int k = g * size; k < (g + 1) * size; k++)
                        sum += input.Codes[m * op.K + k] * (sbyte)weight.Weights.Codes[n * op.K + k];
                    float scale = weight.Weights.Scales[n * groups + g];
                    total = groups == 1
                        ? MathF.FusedMultiplyAdd(Multiply(sum, input.Scales[m]), scale, weight.Bias[n])
                        : Add(total, Multiply(sum, scale));
                }

                if (groups > 1)
                    total = MathF.FusedMultiplyAdd(total, input.Scales[m], weight.Bias[n]);

                different += (float)(Half)total == found.Values[m * op.N + n] ? 0 : 1;
            }
        }

        different.ShouldBe(0, $"of {found.Rows * op.N}");
    }

    // One rounding each: through double, so that no compiler can fuse the two.
    private static float Multiply(float x, float y) => (float)((double)x * y);

    private static float Add(float x, float y) => (float)((double)x + y);

    private static bool IsGrouped(ConformanceCase c) => c.Scheme[EncoderPart.Qkv] is
    {
        IsInteger: true, Weights: { GroupSize: > 0, Symmetry: Symmetry.Symmetric }, Activations.Symmetry: Symmetry.Symmetric,
    };
}
