using System.Globalization;

namespace ModelCompiler.Training;

/// <summary>The loss became NaN or infinite.</summary>
/// <param name="step">The first step with such a loss, from 1.</param>
/// <param name="loss">What it was.</param>
/// <param name="learningRate">Learning rate of that step.</param>
/// <param name="checkpoint">The last checkpoint before it, or null where there is none.</param>
public sealed class NonFiniteLossException(long step, float loss, double learningRate, string? checkpoint)
    : TrainingException(string.Create(
        CultureInfo.InvariantCulture,
        $"step {step}: expected a finite loss, found {loss} (learning rate {learningRate:g4}). ")
        + (checkpoint is null ? "No checkpoint was written." : $"The checkpoint in {checkpoint} is from before that step."))
{
    /// <summary>The first step with such a loss, from 1.</summary>
    public long Step { get; } = step;
}
