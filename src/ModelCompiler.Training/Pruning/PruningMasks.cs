using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Pruning;

/// <summary>Masks from the importance of weights: 1 for those that stay, 0 for the others.</summary>
internal static class PruningMasks
{
    /// <summary>The mask of a matrix.</summary>
    /// <param name="importance">[out, in], without gradient.</param>
    /// <param name="recipe">Pattern and share of zeros.</param>
    /// <returns>[out, in], fp32. Of equals, the ones that libtorch's topk takes stay.</returns>
    public static Tensor Of(Tensor importance, PruningRecipe recipe)
    {
        long count = importance.numel();
        if (recipe.Pattern == PruningPattern.TwoOfFour)
            return Largest(importance.reshape(count / 4, 4), 2).view(importance.shape);
        long kept = count - (long)Math.Round(count * recipe.Sparsity);
        return Largest(importance.reshape(1, count), kept).view(importance.shape);
    }

    /// <summary>1 at the k largest of each row.</summary>
    private static Tensor Largest(Tensor rows, long k)
    {
        (Tensor values, Tensor places) = rows.topk((int)k, dim: -1, largest: true, sorted: false);
        return torch.zeros_like(rows).scatter(-1, places, torch.ones_like(values));
    }
}
