using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Tool.Benchmarking;

namespace ModelCompiler.Tool.Tests.Benchmarks;

/// <summary>What a kernel's time is filed under.</summary>
public class EncoderPartsTests
{
    [Theory]
    [InlineData(32, "embedding qkv+attention attention-output mlp-intermediate mlp-output head")]
    [InlineData(128, "embedding qkv attention attention-output mlp-intermediate mlp-output head")]
    public void Kernels_of_two_ops_belong_to_the_parts_of_both_or_to_their_only_one(int tokens, string parts)
    {
        EncoderModel model = TinyEncoder.Descriptor.Model with
        {
            Head = EncoderHead.SequenceClassifier, Labels = 2, HiddenSize = 768, AttentionHeads = 12, IntermediateSize = 3072, Layers = 2,
            MaxPositions = 512,
        };
        ExecutionPlan plan = Planner.Plan(model, TinyEncoder.Descriptor.Scheme);
        BucketPlan bucket = Scheduler.Schedule(plan, new(new(tokens), tokens), GpuArch.Sm90a).Buckets[0];
        bucket.Launches.Select(launch => EncoderParts.Of(plan, launch)).Distinct().ShouldBe(parts.Split(' '));
    }
}
