using ModelCompiler.Training.Processes;

namespace ModelCompiler.Training.Running;

/// <summary>How a recipe is run; what comes out does not depend on it, but for the last bits of sums.</summary>
public sealed record TrainingOptions
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>True to go on from the last checkpoint of the output folder, where there is one.</summary>
    public bool Resume { get; init; }

    /// <summary>Processes that train together.</summary>
    public IProcessGroup Processes { get; init; } = new SingleProcess();

    /// <summary>Followers of the run.</summary>
    public IReadOnlyList<ITrainingObserver> Observers { get; init; } = [];

    /// <summary>What takes part beside what the recipe asks for.</summary>
    public IReadOnlyList<ITrainingHook> Hooks { get; init; } = [];
}
