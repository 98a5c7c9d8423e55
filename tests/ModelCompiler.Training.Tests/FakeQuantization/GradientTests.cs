using ModelCompiler.Core.Spec;
using ModelCompiler.Training.FakeQuantization;

namespace ModelCompiler.Training.Tests.FakeQuantization;

public sealed class GradientTests
{
    private static readonly ActivationFormat Static4 = new(4, Symmetry.Symmetric, ActivationRange.Static);
    private static readonly ActivationFormat Token4 = new(4, Symmetry.Symmetric, ActivationRange.PerToken);

    [Fact]
    public void WeightGradientPassesStraightThrough()
    {
        Tensor weight = Tensors.Of(Tensors.Random(64, 1), 4, 16).requires_grad_(true);
        Tensor factor = Tensors.Of(Tensors.Random(64, 2), 4, 16);
        WeightFakeQuantizer.Apply(weight, new(4, Symmetry.Asymmetric, 0)).mul(factor).sum().backward();
        weight.grad!.ToArray().ShouldBe(factor.ToArray());
    }

    [Fact]
    public void StaticRangeCutsGradientOutside()
    {
        using var quantizer = new ActivationFakeQuantizer();
        quantizer.SetStaticRange(-1, 1, torch.CPU);
        Tensor input = Tensors.Of([-2, -0.4f, 0.25f, 1.5f], 1, 4).requires_grad_(true);
        Tensor output = quantizer.Apply(input, Static4);
        output.sum().backward();
        input.grad!.ToArray().ShouldBe([0, 1, 1, 0]);
        output.ToArray().ShouldBe([-8f / 7, -3f / 7, 2f / 7, 1], tolerance: 1e-6); // 7 steps to 1; -2.8 and 1.75 of them
    }

    [Fact]
    public void ClipValueLearnsFromClippedValues()
    {
        using var quantizer = new ActivationFakeQuantizer();
        quantizer.SetClip(1, learned: true, "clip", torch.CPU);
        Tensor input = Tensors.Of([-2, -0.5f, 0.25f, 3], 1, 4).requires_grad_(true);
        quantizer.Apply(input, Token4).mul(Tensors.Of([1, 10, 100, 1000], 1, 4)).sum().backward();
        input.grad!.ToArray().ShouldBe([0, 10, 100, 0]);
        quantizer.LearnedClip!.Value.grad!.ToArray().ShouldBe([1000 - 1]);
    }

    [Fact]
    public void ObservedRangeIsThatOfAllInputs()
    {
        using var quantizer = new ActivationFakeQuantizer { IsObserving = true };
        quantizer.Apply(Tensors.Of([-1, 2], 1, 2), Static4);
        quantizer.Apply(Tensors.Of([-3, 1], 1, 2), Static4);
        quantizer.StaticRange.ShouldBe((-3f, 2f));
    }
}
