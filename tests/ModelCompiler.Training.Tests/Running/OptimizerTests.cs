using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Optimization;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Tests.Running;

public sealed class OptimizerTests
{
    [Fact]
    public void StepsFollowTheAlgorithm()
    {
        const double Rate = 0.01, Beta1 = 0.9, Beta2 = 0.99, Decay = 0.1;
        using var matrix = new ModelParameter("m", Tensors.Of([1, -2, 3, 4], 2, 2), decays: true);
        using var vector = new ModelParameter("v", Tensors.Of([0.5f, 1], 2), decays: false);
        using var parameters = new FlatParameters([vector, matrix]);
        using var optimizer = new AdamW(parameters, Beta1, Beta2, Decay);
        double[] values = [1, -2, 3, 4, 0.5, 1], first = new double[6], second = new double[6];
        for (int step = 1; step <= 5; step++)
        {
            parameters.Gradients.zero_();
            matrix.Value.mul(matrix.Value).sum().add(vector.Value.mul(3f * step).sum()).backward();
            optimizer.Step(Rate);
            for (int i = 0; i < 6; i++)
            {
                double gradient = i < 4 ? 2 * values[i] : 3 * step;
                values[i] *= i < 4 ? 1 - Rate * Decay : 1;
                first[i] = Beta1 * first[i] + (1 - Beta1) * gradient;
                second[i] = Beta2 * second[i] + (1 - Beta2) * gradient * gradient;
                values[i] -= Rate * first[i] / (1 - Math.Pow(Beta1, step)) / (Math.Sqrt(second[i] / (1 - Math.Pow(Beta2, step))) + 1e-8);
            }
        }

        float[] found = [.. matrix.Value.ToArray(), .. vector.Value.ToArray()];
        for (int i = 0; i < 6; i++)
            ((double)found[i]).ShouldBe(values[i], tolerance: 1e-5);
    }

    [Theory]
    [InlineData(DecayShape.Linear, 10, 1.0)]
    [InlineData(DecayShape.Linear, 5, 0.5)]
    [InlineData(DecayShape.Linear, 56, 0.5)]
    [InlineData(DecayShape.Cosine, 11, 1.0)]
    [InlineData(DecayShape.Cosine, 56, 0.5)]
    [InlineData(DecayShape.Constant, 100, 1.0)]
    public void RateRisesAndFalls(DecayShape decay, long step, double share)
    {
        var schedule = new RateSchedule(new() { LearningRate = 2, Warmup = 0.1, Decay = decay }, steps: 100);
        schedule.RateOf(step).ShouldBe(2 * share, tolerance: 1e-9);
    }
}
