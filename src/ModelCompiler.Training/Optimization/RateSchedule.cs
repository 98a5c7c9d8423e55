using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Optimization;

/// <summary>Learning rate by step: up in a straight line, then down.</summary>
/// <param name="recipe">Highest rate, share of the warm-up, shape of the decay.</param>
/// <param name="steps">All steps.</param>
public sealed class RateSchedule(TrainingRecipe recipe, long steps)
{
    /// <summary>Rate of a step from 1.</summary>
    public double RateOf(long step)
    {
        double warm = recipe.Warmup * steps;
        if (step <= warm)
            return recipe.LearningRate * step / warm;
        double left = (steps - step + 1) / Math.Max(steps - warm, 1);
        return recipe.LearningRate * recipe.Decay switch
        {
            DecayShape.Linear => Math.Clamp(left, 0, 1),
            DecayShape.Cosine => 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp(1 - left, 0, 1))),
            _ => 1,
        };
    }
}
