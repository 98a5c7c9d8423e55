namespace ModelCompiler.Training.Recipes;

/// <summary>
/// <c>distillation</c>: a weighted sum of losses against teachers (Wu et al., 2023, appendix B; Yao et al., "ZeroQuant",
/// NeurIPS 2022).
/// </summary>
public sealed record DistillationRecipe
{
    /// <summary><c>teachers</c>: one folder or several in Hugging Face layout; of several, the mean of what they say.</summary>
    public required IReadOnlyList<string> Teachers { get; init; }

    /// <summary><c>logits</c>: weight of T² · KL(teacher ‖ student) of the labels' probabilities. Default 1.</summary>
    public double Logits { get; init; } = 1;

    /// <summary><c>temperature</c>: T, which divides the logits of both. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary><c>hidden</c>: weight of the mean squared difference of hidden states. Default 0.</summary>
    public double Hidden { get; init; }

    /// <summary><c>attentionScores</c>: weight of the mean squared difference of attention scores in front of the softmax. Default 0.</summary>
    public double AttentionScores { get; init; }

    /// <summary><c>attention</c>: weight of KL(teacher ‖ student) of the attention probabilities. Default 0.</summary>
    public double Attention { get; init; }

    /// <summary><c>task</c>: weight of the cross entropy with the labels. Default 0.</summary>
    public double Task { get; init; }

    /// <summary>
    /// <c>layerMap</c>: for each layer of the student, the layer of the teacher that it imitates; null for the kept layers
    /// of <c>model.layers</c>, or one to one.
    /// </summary>
    public IReadOnlyList<int>? LayerMap { get; init; }

    internal static DistillationRecipe Read(RecipeFields fields)
    {
        RecipeNode teachers = fields.Required("teachers");
        var recipe = new DistillationRecipe
        {
            Teachers = fields.Paths("teachers"),
            Logits = fields.Number("logits", 1, 0),
            Temperature = fields.Number("temperature", 1, 1e-3),
            Hidden = fields.Number("hidden", 0, 0),
            AttentionScores = fields.Number("attentionScores", 0, 0),
            Attention = fields.Number("attention", 0, 0),
            Task = fields.Number("task", 0, 0),
            LayerMap = fields.Integers("layerMap", 0),
        };
        if (recipe.Teachers.Count == 0)
            throw teachers.Fail("at least one teacher");
        if (recipe.Logits + recipe.Hidden + recipe.AttentionScores + recipe.Attention + recipe.Task <= 0)
            throw new RecipeException(teachers.Path, teachers.Line, "distillation", "a loss with a weight above 0", "none");
        return recipe;
    }
}
