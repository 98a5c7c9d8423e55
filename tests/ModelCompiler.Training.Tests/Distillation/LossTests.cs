using ModelCompiler.Training.Data;
using ModelCompiler.Training.Distillation;

namespace ModelCompiler.Training.Tests.Distillation;

/// <summary>Values in closed form and gradients by finite differences, on two sequences of unequal length.</summary>
public sealed class LossTests
{
    private static readonly int[] Lengths = [4, 2];

    [Fact]
    public void CrossEntropyIsMinusLogProbability()
    {
        using EncoderBatch batch = Batch();
        Tensor logits = Tensors.Of([0, 0, 0, 2, 0, 0], 2, 3);
        double expected = (Math.Log(3) + Math.Log((Math.Exp(2) + 2) / 1)) / 2; // labels are 1 and 2
        Losses.CrossEntropy(logits, batch, 0).item<float>().ShouldBe((float)expected, tolerance: 1e-6);
    }

    [Fact]
    public void SmoothedCrossEntropyMixesInTheMean()
    {
        using EncoderBatch batch = Batch();
        Tensor logits = Tensors.Of([0, 0, 0, 0, 0, 0], 2, 3);
        Losses.CrossEntropy(logits, batch, 0.3).item<float>().ShouldBe(MathF.Log(3), tolerance: 1e-6);
    }

    [Fact]
    public void EqualModelsHaveNoDistance()
    {
        using EncoderBatch batch = Batch();
        Tensor logits = Sample(1, 2, 3), hidden = Sample(2, 2, 4, 8), scores = Sample(3, 2, 2, 4, 4), probabilities = Probabilities(4);
        Losses.Logits(logits, logits, 2, batch).item<float>().ShouldBe(0, tolerance: 1e-6);
        Losses.Hidden(hidden, hidden, batch).item<float>().ShouldBe(0);
        Losses.AttentionScores(scores, scores, batch).item<float>().ShouldBe(0);
        Losses.Attention(probabilities, probabilities, batch).item<float>().ShouldBe(0, tolerance: 1e-6);
    }

    [Fact]
    public void HiddenLossIsTheMeanOverTokens()
    {
        using EncoderBatch batch = Batch();
        Tensor student = torch.ones([2L, 4L, 8L]), teacher = torch.zeros([2L, 4L, 8L]);
        Losses.Hidden(student, teacher, batch).item<float>().ShouldBe(1, tolerance: 1e-6); // padding does not count
    }

    [Theory]
    [InlineData("crossEntropy")]
    [InlineData("logits")]
    [InlineData("hidden")]
    [InlineData("scores")]
    [InlineData("attention")]
    public void GradientsAreFiniteDifferences(string loss)
    {
        using EncoderBatch batch = Batch();
        (Tensor at, Func<Tensor, Tensor> function) = loss switch
        {
            "crossEntropy" => (Sample(1, 2, 3), (Func<Tensor, Tensor>)(x => Losses.CrossEntropy(x, batch, 0.1))),
            "logits" => (Sample(1, 2, 3), x => Losses.Logits(x, Sample(2, 2, 3), 2, batch)),
            "hidden" => (Sample(1, 2, 4, 8), x => Losses.Hidden(x, Sample(2, 2, 4, 8), batch)),
            "scores" => (Sample(1, 2, 2, 4, 4), x => Losses.AttentionScores(x, Sample(2, 2, 2, 4, 4), batch)),
            _ => (Probabilities(1), x => Losses.Attention(x, Probabilities(2), batch)),
        };
        float[] values = at.ToArray();
        Tensor input = at.clone().requires_grad_(true);
        function(input).backward();
        float[] gradient = input.grad!.ToArray();
        const float Step = 1e-2f;
        for (int i = 0; i < values.Length; i += Math.Max(values.Length / 16, 1))
        {
            float Value(float offset)
            {
                float[] moved = [.. values];
                moved[i] += offset;
                return function(Tensors.Of(moved, at.shape)).item<float>();
            }

            ((Value(Step) - Value(-Step)) / (2 * Step)).ShouldBe(gradient[i], tolerance: 2e-3, $"element {i}");
        }
    }

    [Fact]
    public void PartsAddUpToTheBatch()
    {
        TokenizedData data = Data();
        using EncoderBatch whole = EncoderBatch.Of(data, [0, 1], [0, 1], 0, torch.CPU);
        using EncoderBatch first = EncoderBatch.Of(data, [0], [0, 1], 0, torch.CPU), second = EncoderBatch.Of(data, [1], [0, 1], 0, torch.CPU);
        Tensor student = Sample(1, 2, 4, 8), teacher = Sample(2, 2, 4, 8);
        float parts = Losses.Hidden(student.narrow(0, 0, 1), teacher.narrow(0, 0, 1), first).item<float>()
            + Losses.Hidden(student.narrow(0, 1, 1).narrow(1, 0, 2), teacher.narrow(0, 1, 1).narrow(1, 0, 2), second).item<float>();
        Losses.Hidden(student, teacher, whole).item<float>().ShouldBe(parts, tolerance: 1e-6);
    }

    private static TokenizedData Data() => new([5, 6, 7, 8, 9, 10], new byte[6], Lengths, [1, 2]);

    private static EncoderBatch Batch() => EncoderBatch.Of(Data(), [0, 1], [0, 1], 0, torch.CPU);

    private static Tensor Sample(int seed, params long[] shape) => Tensors.Of(Tensors.Random((int)shape.Aggregate((a, b) => a * b), seed), shape);

    private static Tensor Probabilities(int seed) => torch.nn.functional.softmax(Sample(seed, 2, 2, 4, 4), -1);
}
