using ModelCompiler.Core.Spec;
using ModelCompiler.Training.FakeQuantization;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;
using ModelCompiler.Training.Running;

namespace ModelCompiler.Training.Pruning;

/// <summary>Prunes the four linear parts of every layer as a recipe says.</summary>
internal sealed class PruningHook(PruningRecipe recipe) : ITrainingHook
{
    /// <inheritdoc/>
    public void Attach(TrainableEncoder model, Recipe whole)
    {
        foreach (QuantizedLinear linear in model.Linears)
        {
            if (linear.Precision.Weights.Symmetry == Symmetry.Asymmetric && linear.Precision.Weights.IsQuantized)
                throw new TrainingException($"{whole.Path}, quantization.weights: expected symmetric beside pruning, because asymmetric weights have no code for zero, found asymmetric.");
            if (linear.Weight.Value.shape[1] % 4 != 0)
                throw new TrainingException($"{whole.Path}, pruning.pattern: expected a number of inputs that 4 divides, found {linear.Weight.Value.shape[1]} in {linear.Weight.Name}.");
            using var scope = torch.NewDisposeScope();
            var transform = new PruningTransform(recipe, linear.Weight.Name, Seen(linear));
            if (recipe.Order == PruningOrder.PruneThenQuantize)
                linear.BeforeQuantization = transform;
            else
                linear.AfterQuantization = transform;
        }
    }

    /// <inheritdoc/>
    public void BeforeStep(TrainableEncoder model, long step, long steps)
    {
        if (!recipe.IsDynamic || (step - 1) % recipe.UpdateEvery != 0)
            return;
        foreach (QuantizedLinear linear in model.Linears)
        {
            using var scope = torch.NewDisposeScope();
            ((PruningTransform)(linear.BeforeQuantization ?? linear.AfterQuantization)!).Update(Seen(linear));
        }
    }

    /// <summary>The matrix that the transform is applied to.</summary>
    private Tensor Seen(QuantizedLinear linear)
    {
        using var noGrad = torch.no_grad();
        return recipe.Order == PruningOrder.PruneThenQuantize
            ? linear.Weight.Value.detach()
            : WeightFakeQuantizer.Apply(linear.Weight.Value.detach(), linear.Precision.Weights);
    }
}
