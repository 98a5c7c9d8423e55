namespace ModelCompiler.Training.Recipes;

/// <summary>How the learning rate falls behind the warm-up.</summary>
public enum DecayShape
{
    /// <summary>In a straight line to 0.</summary>
    Linear,

    /// <summary>Along half a cosine to 0.</summary>
    Cosine,

    /// <summary>Not at all.</summary>
    Constant,
}

/// <summary>Type of the matrix products in training.</summary>
public enum ComputeType
{
    /// <summary>fp32.</summary>
    Float32,

    /// <summary>bfloat16 with fp32 sums.</summary>
    BFloat16,

    /// <summary>FP16 with fp32 sums and loss scaling; CUDA only.</summary>
    Float16,
}

/// <summary><c>training</c>: steps, rates, batches. AdamW (Loshchilov and Hutter, ICLR 2019).</summary>
public sealed record TrainingRecipe
{
    /// <summary><c>epochs</c>: passes over the training data; 0 beside <c>layerwise</c> for that alone. Default 1.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary><c>maxSteps</c>: stop after so many steps; 0 for all. The rates follow it.</summary>
    public int MaxSteps { get; init; }

    /// <summary><c>batch</c>: examples of an optimizer step, over all processes and accumulated batches. Default 32.</summary>
    public int Batch { get; init; } = 32;

    /// <summary><c>accumulation</c>: parts that a batch is computed in. Default 1.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary><c>learningRate</c>: the highest. Default 1e-4.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary><c>warmup</c>: share of the steps in which the rate rises from 0. Default 0.1.</summary>
    public double Warmup { get; init; } = 0.1;

    /// <summary><c>decay</c>: <c>linear</c>, <c>cosine</c> or <c>constant</c>. Default linear.</summary>
    public DecayShape Decay { get; init; }

    /// <summary><c>weightDecay</c>: of matrices. Default 0.01.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary><c>beta1</c>. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary><c>beta2</c>. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary><c>clipNorm</c>: longest gradient, Euclidean over all parameters; 0 for no limit. Default 1.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary><c>labelSmoothing</c>: share of the labels' probability that is spread over all. Default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary><c>compute</c>: <c>float32</c>, <c>bfloat16</c> or <c>float16</c>. Default float32.</summary>
    public ComputeType Compute { get; init; }

    /// <summary><c>evaluateEvery</c>: steps between two evaluations on the validation data; 0 for once an epoch.</summary>
    public int EvaluateEvery { get; init; }

    /// <summary><c>checkpointEvery</c>: steps between two checkpoints; 0 for once an epoch.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary><c>logEvery</c>: steps between two lines of the log. Default 10.</summary>
    public int LogEvery { get; init; } = 10;

    internal static TrainingRecipe Read(RecipeFields fields, int leastEpochs)
    {
        var recipe = new TrainingRecipe
        {
            Epochs = fields.Integer("epochs", 1, leastEpochs),
            MaxSteps = fields.Integer("maxSteps", 0, 0),
            Batch = fields.Integer("batch", 32, 1),
            Accumulation = fields.Integer("accumulation", 1, 1),
            LearningRate = fields.Number("learningRate", 1e-4, 0),
            Warmup = fields.Number("warmup", 0.1, 0, 1),
            Decay = fields.Choice("decay", DecayShape.Linear, ("linear", DecayShape.Linear), ("cosine", DecayShape.Cosine), ("constant", DecayShape.Constant)),
            WeightDecay = fields.Number("weightDecay", 0.01, 0),
            Beta1 = fields.Number("beta1", 0.9, 0, 1),
            Beta2 = fields.Number("beta2", 0.999, 0, 1),
            ClipNorm = fields.Number("clipNorm", 1, 0),
            LabelSmoothing = fields.Number("labelSmoothing", 0, 0, 1),
            Compute = fields.Choice("compute", ComputeType.Float32, ("float32", ComputeType.Float32), ("bfloat16", ComputeType.BFloat16), ("float16", ComputeType.Float16)),
            EvaluateEvery = fields.Integer("evaluateEvery", 0, 0),
            CheckpointEvery = fields.Integer("checkpointEvery", 0, 0),
            LogEvery = fields.Integer("logEvery", 10, 1),
        };
        if (recipe.Batch % recipe.Accumulation != 0)
            throw fields.Required("accumulation").Fail($"a divisor of the batch of {recipe.Batch}");
        return recipe;
    }
}
