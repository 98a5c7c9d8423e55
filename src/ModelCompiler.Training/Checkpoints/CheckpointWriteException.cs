namespace ModelCompiler.Training.Checkpoints;

/// <summary>A checkpoint could not be written, for instance because the disk is full. The one before it is as it was.</summary>
/// <param name="path">The file that was to be written.</param>
/// <param name="step">Step of the checkpoint.</param>
/// <param name="earlier">Step of the checkpoint that is still there; null for none.</param>
/// <param name="cause">What the system said.</param>
public sealed class CheckpointWriteException(string path, long step, long? earlier, Exception cause)
    : TrainingException(
        $"{path}: expected to write the checkpoint of step {step}, found: {cause.Message.TrimEnd('.')}. "
        + (earlier is { } intact ? $"The checkpoint of step {intact} is intact." : "There is no earlier checkpoint."),
        cause);
