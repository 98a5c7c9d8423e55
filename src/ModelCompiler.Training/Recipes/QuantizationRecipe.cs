using ModelCompiler.Core.Spec;

namespace ModelCompiler.Training.Recipes;

/// <summary><c>quantization</c>: precisions of the four linear parts.</summary>
public sealed record QuantizationRecipe
{
    /// <summary>
    /// From <c>precision</c> (<c>w4a4</c>, <c>w4a8</c>, <c>w8a8</c>, <c>w4a16</c>), <c>parts</c> (a precision or <c>fp16</c>
    /// for <c>qkv</c>, <c>attentionOutput</c>, <c>mlpIntermediate</c>, <c>mlpOutput</c>), <c>weights</c> and
    /// <c>activations</c> (<c>symmetric</c>, <c>asymmetric</c>), <c>group</c> (inputs that share a scale: 64, 128, or 0 for
    /// rows) and <c>range</c> (<c>token</c>, <c>static</c>).
    /// </summary>
    public required QuantizationScheme Scheme { get; init; }

    /// <summary><c>clip</c>: activations are clipped to [-c, c] first; null for no clipping.</summary>
    public double? Clip { get; init; }

    /// <summary><c>learnClip</c>: train c, which then starts at <c>clip</c>. Default false.</summary>
    public bool LearnClip { get; init; }

    /// <summary><c>calibrationBatches</c>: batches that static ranges are taken from. Default 16.</summary>
    public int CalibrationBatches { get; init; } = 16;

    internal static QuantizationRecipe Read(RecipeFields fields)
    {
        Symmetry weights = SymmetryOf(fields, "weights"), activations = SymmetryOf(fields, "activations");
        int group = fields.Integer("group", 0, 0);
        if (group is not (0 or 64 or 128))
            throw fields.Required("group").Fail("64, 128, or 0 for one scale per row");
        ActivationRange range = fields.Choice(
            "range", ActivationRange.PerToken, ("token", ActivationRange.PerToken), ("static", ActivationRange.Static));
        RecipeNode precision = fields.Required("precision");
        Bits bits = BitsOf(fields, "precision", default);
        RecipeFields? parts = fields.Optional("parts") is { } node ? new(node) : null;
        double? clip = fields.OptionalNumber("clip", 1e-6);
        bool learnClip = fields.Flag("learnClip", false);
        if (learnClip && clip is null)
            throw new RecipeException(precision.Path, precision.Line, "quantization.clip", "the value that a learned clip value starts from", "nothing");
        if (clip is not null && range == ActivationRange.PerToken)
            throw new RecipeException(
                precision.Path, precision.Line, "quantization.range", "static, because a checkpoint cannot say a clip value for ranges per token", "token");
        var recipe = new QuantizationRecipe
        {
            Scheme = new(Part("qkv"), Part("attentionOutput"), Part("mlpIntermediate"), Part("mlpOutput")),
            Clip = clip,
            LearnClip = learnClip,
            CalibrationBatches = fields.Integer("calibrationBatches", 16, 1),
        };
        if (parts is not null)
            RefuseOtherParts(fields.Required("parts"));
        if (weights == Symmetry.Asymmetric && activations == Symmetry.Symmetric && QuantizationScheme.Parts.Any(part => recipe.Scheme[part].IsInteger))
        {
            throw new RecipeException(
                precision.Path, precision.Line, "quantization.activations", "asymmetric beside asymmetric weights, because no executor has the other form (MC0310)", "symmetric");
        }

        return recipe;

        LinearPrecision Part(string name)
        {
            Bits own = parts is null ? bits : BitsOf(parts, name, bits);
            return new(
                own.Weights == 16 ? WeightFormat.Float16 : new(own.Weights, weights, group),
                own.Activations == 16 ? ActivationFormat.Float16 : new(own.Activations, activations, range));
        }
    }

    private static void RefuseOtherParts(RecipeNode parts) => RecipeFields.Read<object>(parts, fields =>
    {
        foreach (string name in (string[])["qkv", "attentionOutput", "mlpIntermediate", "mlpOutput"])
            fields.Optional(name);
        return parts;
    });

    private static Bits BitsOf(RecipeFields fields, string name, Bits fallback) => fields.Choice(
        name, fallback, ("w4a4", new(4, 4)), ("w4a8", new(4, 8)), ("w8a8", new(8, 8)), ("w4a16", new(4, 16)), ("fp16", new Bits(16, 16)));

    private static Symmetry SymmetryOf(RecipeFields fields, string name) =>
        fields.Choice(name, Symmetry.Symmetric, ("symmetric", Symmetry.Symmetric), ("asymmetric", Symmetry.Asymmetric));

    private readonly record struct Bits(int Weights, int Activations);
}
