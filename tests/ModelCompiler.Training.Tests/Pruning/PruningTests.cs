using ModelCompiler.Runtime;
using ModelCompiler.Runtime.Weights;
using ModelCompiler.Runtime.Weights.CompressedTensors;
using ModelCompiler.Training.Pruning;
using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Running;
using ModelCompiler.Training.Tests.Running;

namespace ModelCompiler.Training.Tests.Pruning;

/// <summary>Masks, their gradients, and pruned checkpoints.</summary>
public sealed class PruningTests
{
    private static readonly PruningRecipe s_twoOfFour = new() { Pattern = PruningPattern.TwoOfFour };

    [Fact]
    public void TwoOfFourKeepsTheLargestOfEachFour()
    {
        using var scope = torch.NewDisposeScope();
        PruningMasks.Of(Tensors.Of([1, 4, 3, 2, 8, 5, 6, 7], 1, 8), s_twoOfFour).ToArray().ShouldBe([0, 1, 1, 0, 1, 0, 0, 1]);
        PruningMasks.Of(Tensors.Of([1, 4, 3, 2, 8, 5, 6, 7], 2, 4), s_twoOfFour).ToArray().ShouldBe([0, 1, 1, 0, 1, 0, 0, 1]);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(0.25, 6)]
    [InlineData(0.5, 4)]
    [InlineData(0.9, 1)]
    public void UnstructuredKeepsTheLargestOfTheMatrix(double sparsity, int kept)
    {
        using var scope = torch.NewDisposeScope();
        float[] values = [1, 4, 3, 2, 8, 5, 6, 7];
        float[] mask = PruningMasks.Of(Tensors.Of(values, 2, 4), new() { Pattern = PruningPattern.Unstructured, Sparsity = sparsity }).ToArray();
        mask.ShouldBe([.. values.Select(v => v > 8 - kept ? 1f : 0f)]);
    }

    [Fact]
    public void OnlyAMaskThatIsMadeAgainLetsMaskedWeightsMove()
    {
        using var scope = torch.NewDisposeScope();
        float[] expectedStatic = [0, 1, 1, 0];
        Gradient(s_twoOfFour, out _).ShouldBe(expectedStatic);
        Gradient(s_twoOfFour with { IsDynamic = true }, out _).ShouldBe([1, 1, 1, 1]);
        Gradient(s_twoOfFour with { IsDynamic = true, Method = PruningMethod.Movement }, out float[]? scores).ShouldBe([1, 1, 1, 1]);
        scores.ShouldBe([-1, 4, -3, 2]); // the gradient of the masked weight times the weight

        static float[] Gradient(PruningRecipe recipe, out float[]? scores)
        {
            Tensor weight = Tensors.Of([-1, 4, -3, 2], 1, 4).requires_grad_(true);
            using var transform = new PruningTransform(recipe, "w", weight);
            Tensor pruned = transform.Apply(weight);
            pruned.ToArray().ShouldBe([0, 4, -3, 0]);
            pruned.sum().backward();
            scores = transform.Parameters.SingleOrDefault()?.Value.grad!.ToArray();
            return weight.grad!.ToArray();
        }
    }

    [Fact]
    public void AnUpdateFollowsWeightsOrScores()
    {
        using var scope = torch.NewDisposeScope();
        Tensor weight = Tensors.Of([-1, 4, -3, 2], 1, 4), grown = Tensors.Of([9, 4, -3, 2], 1, 4);
        using var bySize = new PruningTransform(s_twoOfFour with { IsDynamic = true }, "w", weight);
        bySize.Update(grown);
        bySize.Mask.ToArray().ShouldBe([1, 1, 0, 0]);
        using var byMovement = new PruningTransform(s_twoOfFour with { IsDynamic = true, Method = PruningMethod.Movement }, "w", weight);
        byMovement.Update(grown);
        byMovement.Mask.ToArray().ShouldBe([0, 1, 1, 0]);
    }

    [Theory]
    [InlineData("""{"pattern":"2:4"}""")]
    [InlineData("""{"pattern":"2:4","mask":"dynamic","updateEvery":3}""")]
    [InlineData("""{"pattern":"2:4","mask":"dynamic","method":"movement"}""")]
    [InlineData("""{"pattern":"2:4","order":"quantizeThenPrune"}""")]
    [InlineData("""{"pattern":"2:4","order":"quantizeThenPrune","mask":"dynamic"}""")]
    [InlineData("""{"pattern":"unstructured","sparsity":0.75,"mask":"dynamic"}""")]
    public void APrunedModelLearnsAndExportsItsZeros(string pruning)
    {
        using var tiny = new TinyRecipe();
        Recipe recipe = tiny.Read("training.epochs=8", """quantization={"precision":"w4a8"}""", $"pruning={pruning}", "output={folder}/pruned");
        TrainingResult result = Trainer.Run(recipe, new());
        result.TestAccuracy!.Value.ShouldBeGreaterThan(0.6); // of 3 labels

        using Checkpoint checkpoint = Checkpoint.Open(result.Model);
        var format = new QuantizationArguments(4, Symmetric: true, QuantizationStrategy.Channel, GroupSize: null, Dynamic: false);
        int zeros = 0, all = 0;
        foreach (string name in checkpoint.Names.Where(n => n.EndsWith("weight_shape", StringComparison.Ordinal)))
        {
            long[] shape = checkpoint.Get(name).Read<long>();
            PackedLinear layer = PackedLinear.Read(checkpoint, name[..^".weight_shape".Length], format, (int)shape[0], (int)shape[1]);
            zeros += layer.Codes.Count(code => code == 0);
            all += layer.Codes.Length;
            if (recipe.Pruning!.Pattern == PruningPattern.TwoOfFour)
                layer.Codes.Chunk(4).ShouldAllBe(four => four.Count(code => code == 0) >= 2);
        }

        all.ShouldBeGreaterThan(1000);
        ((double)zeros / all).ShouldBeGreaterThanOrEqualTo(recipe.Pruning!.Sparsity - 0.01);
    }

    [Fact]
    public void WhatCannotBePrunedIsRefusedByName()
    {
        using var tiny = new TinyRecipe();
        Should.Throw<TrainingException>(() => Trainer.Run(
                tiny.Read("""quantization={"precision":"w4a8","weights":"asymmetric","activations":"asymmetric"}""", """pruning={"pattern":"2:4"}""", "output={folder}/refused"), new()))
            .Message.ShouldContain("quantization.weights: expected symmetric");
        Should.Throw<RecipeException>(() => tiny.Read("""pruning={"pattern":"2:4","method":"movement"}""")).Field.ShouldBe("pruning.mask");
        Should.Throw<RecipeException>(() => tiny.Read("""pruning={"pattern":"2:4","sparsity":0.7}""")).Field.ShouldBe("pruning.sparsity");
        Should.Throw<RecipeException>(() => tiny.Read("""pruning={"pattern":"4:8"}""")).Field.ShouldBe("pruning.pattern");
    }
}
