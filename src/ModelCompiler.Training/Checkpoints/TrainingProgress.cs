namespace ModelCompiler.Training.Checkpoints;

/// <summary>What a checkpoint says beside its tensors.</summary>
public sealed record TrainingProgress
{
    /// <summary>Optimizer steps done. With the seed it determines the data's order and every random choice that follows.</summary>
    public required long Step { get; init; }

    /// <summary>Updates of the optimizer; fewer than steps where FP16 gradients overflowed.</summary>
    public required long Updates { get; init; }

    /// <summary>Factor on the loss, for FP16.</summary>
    public required double LossScale { get; init; }

    /// <summary>Steps since the factor changed.</summary>
    public required int GoodSteps { get; init; }

    /// <summary>Best validation accuracy so far, 0 to 1; negative before the first evaluation.</summary>
    public required double BestAccuracy { get; init; }

    /// <summary>Step of the best accuracy.</summary>
    public required long BestStep { get; init; }

    /// <summary>Seconds of training up to here.</summary>
    public required double Seconds { get; init; }
}
