using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Running;

/// <summary>Something that takes part in training, such as a pruning method.</summary>
public interface ITrainingHook
{
    /// <summary>Sets transforms on linear parts; called once, before parameters are collected and a checkpoint is read.</summary>
    void Attach(TrainableEncoder model, Recipe recipe);

    /// <summary>Called before each step, from 1, without gradients; must depend on weights, buffers and step alone.</summary>
    void BeforeStep(TrainableEncoder model, long step, long steps);
}
