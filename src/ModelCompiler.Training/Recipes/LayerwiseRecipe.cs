namespace ModelCompiler.Training.Recipes;

/// <summary>
/// <c>layerwise</c>: before the first step, and instead of any where <c>epochs</c> is 0, each layer learns to give its
/// full-precision output from its full-precision input. Needs texts, but neither labels nor gradients through the model.
/// </summary>
public sealed record LayerwiseRecipe
{
    /// <summary><c>steps</c>: of each layer. Default 100.</summary>
    public int Steps { get; init; } = 100;

    /// <summary><c>batch</c>: examples of a step. Default 32.</summary>
    public int Batch { get; init; } = 32;

    /// <summary><c>learningRate</c>: of the first step; falls to 0 in a straight line. Default 5e-5.</summary>
    public double LearningRate { get; init; } = 5e-5;

    internal static LayerwiseRecipe Read(RecipeFields fields) => new()
    {
        Steps = fields.Integer("steps", 100, 1),
        Batch = fields.Integer("batch", 32, 1),
        LearningRate = fields.Number("learningRate", 5e-5, 1e-12),
    };
}
