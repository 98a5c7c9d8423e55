namespace ModelCompiler.Training.Recipes;

/// <summary>Which weights may be zero together.</summary>
public enum PruningPattern
{
    /// <summary><c>2:4</c>: two of four consecutive inputs, which sparse tensor cores skip.</summary>
    TwoOfFour,

    /// <summary><c>unstructured</c>: any weights of a matrix.</summary>
    Unstructured,
}

/// <summary>What says that a weight matters.</summary>
public enum PruningMethod
{
    /// <summary><c>magnitude</c>: its size (ℓ1).</summary>
    Magnitude,

    /// <summary><c>movement</c>: a score that is trained, which grows where the weight moves away from zero.</summary>
    Movement,
}

/// <summary>Where the mask is.</summary>
public enum PruningOrder
{
    /// <summary><c>pruneThenQuantize</c>: in front of the quantizer.</summary>
    PruneThenQuantize,

    /// <summary><c>quantizeThenPrune</c>: behind it.</summary>
    QuantizeThenPrune,
}

/// <summary><c>pruning</c>: which weights become zero, and when.</summary>
public sealed record PruningRecipe
{
    /// <summary><c>pattern</c>: <c>2:4</c> or <c>unstructured</c>.</summary>
    public required PruningPattern Pattern { get; init; }

    /// <summary><c>sparsity</c>: share of zeros where unstructured; 0.5 for 2:4.</summary>
    public double Sparsity { get; init; } = 0.5;

    /// <summary><c>method</c>: <c>magnitude</c> or <c>movement</c>.</summary>
    public PruningMethod Method { get; init; }

    /// <summary><c>mask</c>: <c>static</c> (false), made once from the starting weights, or <c>dynamic</c>, made again while training.</summary>
    public bool IsDynamic { get; init; }

    /// <summary><c>updateEvery</c>: steps between two masks where dynamic.</summary>
    public int UpdateEvery { get; init; } = 1;

    /// <summary><c>order</c>: <c>pruneThenQuantize</c> or <c>quantizeThenPrune</c>.</summary>
    public PruningOrder Order { get; init; }

    internal static PruningRecipe Read(RecipeFields fields)
    {
        RecipeNode pattern = fields.Required("pattern");
        var recipe = new PruningRecipe
        {
            Pattern = fields.Choice("pattern", PruningPattern.TwoOfFour, ("2:4", PruningPattern.TwoOfFour), ("unstructured", PruningPattern.Unstructured)),
            Sparsity = fields.Number("sparsity", 0.5, 0, 0.99),
            Method = fields.Choice("method", PruningMethod.Magnitude, ("magnitude", PruningMethod.Magnitude), ("movement", PruningMethod.Movement)),
            IsDynamic = fields.Choice("mask", false, ("static", false), ("dynamic", true)),
            UpdateEvery = fields.Integer("updateEvery", 1, 1),
            Order = fields.Choice(
                "order", PruningOrder.PruneThenQuantize, ("pruneThenQuantize", PruningOrder.PruneThenQuantize), ("quantizeThenPrune", PruningOrder.QuantizeThenPrune)),
        };
        if (recipe is { Pattern: PruningPattern.TwoOfFour, Sparsity: not 0.5 })
            throw fields.Required("sparsity").Fail("0.5, which is what 2:4 leaves");
        if (recipe is { Method: PruningMethod.Movement, IsDynamic: false })
            throw new RecipeException(pattern.Path, pattern.Line, "pruning.mask", "dynamic beside movement, because scores are what training makes", "static");
        return recipe;
    }
}
