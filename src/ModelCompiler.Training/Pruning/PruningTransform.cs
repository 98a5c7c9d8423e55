using ModelCompiler.Training.FakeQuantization;
using ModelCompiler.Training.Modules;
using ModelCompiler.Training.Recipes;

namespace ModelCompiler.Training.Pruning;

/// <summary>
/// Multiplies a weight matrix by a mask. A mask that stays gives a masked weight no gradient. One that is made again gives
/// every weight the gradient of its product (straight-through estimator; Zhou et al., "Learning N:M Fine-grained
/// Structured Sparse Neural Networks From Scratch", ICLR 2021), so that a masked weight can come back. Movement: the
/// gradient of a score is that of the masked weight times the weight (Sanh et al., "Movement Pruning", NeurIPS 2020).
/// </summary>
internal sealed class PruningTransform : IWeightTransform, IDisposable
{
    private readonly PruningRecipe _recipe;
    private readonly ModelParameter? _scores;

    /// <summary>A mask for a matrix.</summary>
    /// <param name="recipe">What is pruned.</param>
    /// <param name="name">Name of the matrix; its scores' name begins with it.</param>
    /// <param name="weight">[out, in] the matrix as the transform will see it; its size is the first importance.</param>
    public PruningTransform(PruningRecipe recipe, string name, Tensor weight)
    {
        _recipe = recipe;
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        Tensor size = weight.detach().abs();
        Mask = PruningMasks.Of(size, recipe).DetachFromDisposeScope();
        if (recipe.Method == PruningMethod.Movement)
            _scores = new($"{name}.scores", size.DetachFromDisposeScope(), decays: false);
    }

    /// <summary>[out, in], 1 for weights that stay.</summary>
    public Tensor Mask { get; }

    /// <inheritdoc/>
    public IEnumerable<ModelParameter> Parameters => _scores is null ? [] : [_scores];

    /// <inheritdoc/>
    public IEnumerable<(string Name, Tensor Value)> Buffers => [("mask", Mask)];

    /// <inheritdoc/>
    public Tensor Apply(Tensor weight)
    {
        if (!_recipe.IsDynamic)
            return weight.mul(Mask);
        Tensor masked = weight.detach().mul(Mask);
        return _scores is null
            ? Quantizer.StraightThrough(masked, weight)
            : Quantizer.StraightThrough(masked, weight.add(weight.detach().mul(_scores.Value)));
    }

    /// <summary>Makes the mask again.</summary>
    /// <param name="weight">[out, in] the matrix as the transform sees it now.</param>
    public void Update(Tensor weight)
    {
        using var scope = torch.NewDisposeScope();
        Mask.copy_(PruningMasks.Of(_scores?.Value.detach() ?? weight.detach().abs(), _recipe));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mask.Dispose();
        _scores?.Dispose();
    }
}
